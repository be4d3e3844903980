package dev.edgekit.core

/**
 * Where grapheme clusters begin, by the rules of Unicode's annex 29. Flags are left out: their
 * halves are too long for what asks here.
 *
 * @param sets code points by class, named as in docs/tokenizers.md
 */
internal class Graphemes(sets: JsonObject) {
    private val classes = Classes.entries.map { CodePointSet(sets.ints(it.name.lowercase())) }

    private enum class Classes {
        CONTROL, EXTEND, SPACING, PREPEND, PICTOGRAPHIC, LEADING, VOWEL, TRAILING, CONSONANT,
        LINKER, BETWEEN,
    }

    /** The places at which a cluster begins, but for the first. */
    fun breaks(points: IntArray): IntArray {
        val found = IntList()
        for (place in 1 until points.size) if (isBreak(points, place)) found.add(place)
        return found.toArray()
    }

    private fun isBreak(points: IntArray, place: Int): Boolean {
        val before = points[place - 1]
        val here = points[place]
        if (before < PLAIN && here < PLAIN && before >= ' '.code && here >= ' '.code) return true
        return when {
            before == CARRIAGE_RETURN && here == LINE_FEED -> false // GB3
            before isA Classes.CONTROL || here isA Classes.CONTROL -> true // GB4, GB5
            isHangul(before, here) -> false // GB6 to GB8
            here == JOINER || here isA Classes.EXTEND -> false // GB9
            here isA Classes.SPACING || before isA Classes.PREPEND -> false // GB9a, GB9b
            isConjoined(points, place) || isPicture(points, place) -> false // GB9c, GB11
            else -> true
        }
    }

    private fun isHangul(before: Int, here: Int): Boolean {
        val isOpen = Hangul.isSyllable(before) && Hangul.isOpen(before)
        val isClosed = Hangul.isSyllable(before) && !isOpen
        val isVowel = here isA Classes.VOWEL
        val isTrailing = here isA Classes.TRAILING
        return when {
            before isA Classes.LEADING ->
                here isA Classes.LEADING || isVowel || Hangul.isSyllable(here)
            isOpen || before isA Classes.VOWEL -> isVowel || isTrailing
            isClosed || before isA Classes.TRAILING -> isTrailing
            else -> false
        }
    }

    /** Two consonants with a linker between them. */
    private fun isConjoined(points: IntArray, place: Int): Boolean {
        if (!(points[place] isA Classes.CONSONANT)) return false
        var isLinked = false
        for (before in place - 1 downTo 0) {
            val isLinker = points[before] isA Classes.LINKER
            isLinked = isLinked || isLinker
            if (!isLinker && !(points[before] isA Classes.BETWEEN)) {
                return isLinked && points[before] isA Classes.CONSONANT
            }
        }
        return false
    }

    /** Two pictures with a joiner between them. */
    private fun isPicture(points: IntArray, place: Int): Boolean {
        if (points[place - 1] != JOINER || !(points[place] isA Classes.PICTOGRAPHIC)) return false
        val before = (place - 2 downTo 0).firstOrNull { !(points[it] isA Classes.EXTEND) }
        return before != null && points[before] isA Classes.PICTOGRAPHIC
    }

    private infix fun Int.isA(kind: Classes): Boolean = this in classes[kind.ordinal]

    private companion object {
        const val CARRIAGE_RETURN = 0xd
        const val LINE_FEED = 0xa
        const val JOINER = 0x200d

        /** Code points from the blank up to here stand alone. */
        const val PLAIN = 0x7f
    }
}
