package dev.edgekit.core

/**
 * What the bundle says of code points, so that ids do not depend on the phone's Unicode version.
 * Only the tables that the tokenizer's steps name are there (docs/tokenizers.md).
 */
internal class CharacterTables(private val tables: JsonObject) {
    val blanks: CodePointSet by lazy { set("blanks") }
    val marks: CodePointSet by lazy { set("marks") }
    val controls: CodePointSet by lazy { set("controls") }
    val ideographs: CodePointSet by lazy { set("ideographs") }
    val nonspacing: CodePointSet by lazy { set("nonspacing") }
    val punctuation: CodePointSet by lazy { set("punctuation") }
    val letters: CodePointSet by lazy { set("letters") }
    val numbers: CodePointSet by lazy { set("numbers") }
    val lowercase: CodePointMap by lazy { map("lowercase") }
    val canonical: CodePointMap by lazy { map("decompose") }
    val compatible: CodePointMap by lazy { map("decompose_compatible") }
    val combining: CombiningClasses by lazy {
        val rows = tables.ints("classes")
        if (rows.any { it !in 0..Character.MAX_CODE_POINT }) tables.wrong("classes")
        CombiningClasses(rows)
    }
    val composition: Composition by lazy {
        val pairs = tables.child("compose")
        val columns = listOf("first", "second", "to").map(pairs::ints)
        if (columns.any { it.size != columns[0].size }) pairs.wrong("to")
        Composition(columns[0], columns[1], columns[2])
    }
    val graphemes: Graphemes by lazy { Graphemes(tables.child("graphemes")) }

    private fun set(name: String) = CodePointSet(tables.ints(name))

    private fun map(name: String): CodePointMap {
        val rows = tables.child(name)
        val from = rows.ints("from")
        val to = rows.texts("to")
        if (from.size != to.size || to.any { it.isEmpty() }) rows.wrong("to")
        return CodePointMap(from, to)
    }
}

/** What some code points become; all others stay as they are. */
internal class CodePointMap(private val from: IntArray, to: List<String>) {
    private val to = Array(to.size) { to[it].toCodePoints() }

    /** Null for a code point that stays. */
    operator fun get(point: Int): IntArray? = to.getOrNull(from.binarySearch(point))
}

/** The canonical combining class of code points; [rows] are first, last, class, and so on. */
internal class CombiningClasses(rows: IntArray) {
    private val firsts = IntArray(rows.size / 3)
    private val lasts = IntArray(rows.size / 3)
    private val classes = IntArray(rows.size / 3)

    init {
        val order = firsts.indices.sortedBy { rows[3 * it] }
        order.forEachIndexed { place, row ->
            firsts[place] = rows[3 * row]
            lasts[place] = rows[3 * row + 1]
            classes[place] = rows[3 * row + 2]
        }
    }

    operator fun get(point: Int): Int {
        val found = firsts.binarySearch(point).let { if (it < 0) it.inv() - 1 else it }
        return if (found >= 0 && point <= lasts[found]) classes[found] else 0
    }
}

/** Pairs of code points that become one. */
internal class Composition(first: IntArray, second: IntArray, private val to: IntArray) {
    private val pairs = LongArray(to.size) { pair(first[it], second[it]) }

    /** Null for a pair that stays. */
    operator fun get(first: Int, second: Int): Int? {
        val found = pairs.binarySearch(pair(first, second))
        return if (found < 0) Hangul.compose(first, second) else to[found]
    }

    private fun pair(first: Int, second: Int) =
        (first.toLong() shl Int.SIZE_BITS) or second.toLong()
}

/** Hangul's syllables, which are composed by arithmetic (Unicode 3.12). */
internal object Hangul {
    private const val SYLLABLE = 0xac00
    private const val LEAD = 0x1100
    private const val VOWEL = 0x1161
    private const val TRAIL = 0x11a7
    private const val LEADS = 19
    private const val VOWELS = 21
    private const val TRAILS = 28
    private const val SYLLABLES = LEADS * VOWELS * TRAILS

    fun isSyllable(point: Int): Boolean = point - SYLLABLE in 0 until SYLLABLES

    /** Whether the syllable ends with its vowel. */
    fun isOpen(point: Int): Boolean = (point - SYLLABLE) % TRAILS == 0

    fun decompose(point: Int): IntArray {
        val index = point - SYLLABLE
        val lead = LEAD + index / (VOWELS * TRAILS)
        val vowel = VOWEL + index % (VOWELS * TRAILS) / TRAILS
        return if (isOpen(point)) intArrayOf(lead, vowel)
        else intArrayOf(lead, vowel, TRAIL + index % TRAILS)
    }

    fun compose(first: Int, second: Int): Int? = when {
        first - LEAD in 0 until LEADS && second - VOWEL in 0 until VOWELS ->
            SYLLABLE + ((first - LEAD) * VOWELS + second - VOWEL) * TRAILS
        isSyllable(first) && isOpen(first) && second - TRAIL in 1 until TRAILS ->
            first + second - TRAIL
        else -> null
    }
}
