package dev.edgekit.core

/** A step that makes one text of another. */
internal fun interface Normalizer {
    fun normalize(text: Normalized): Normalized
}

/** The steps of a tokenizer's normaliser, by the type that tokenizer.json gives them. */
internal object Normalizers {
    private const val SPACE = ' '.code

    /** @throws EdgekitError.UnsupportedTokenizer the step is unknown here */
    fun of(step: JsonObject, tables: CharacterTables): Normalizer =
        of(step.text("type"), step, tables)

    private fun of(type: String, step: JsonObject, tables: CharacterTables) = when (type) {
        "BertNormalizer" -> bert(step, tables)
        "Lowercase" -> lowercase(tables.lowercase)
        "StripAccents" -> without(tables.marks)
        "Strip" -> strip(step, tables.blanks)
        "Replace" -> replace(step)
        "Precompiled" ->
            Normalizer(Precompiled(step.text("precompiled_charsmap"), tables.graphemes)::normalize)
        "NFD", "NFKD", "NFC", "NFKC" -> form(type, tables)
        else -> throw EdgekitError.UnsupportedTokenizer(
            "this library has no normaliser $type: update it",
        )
    }

    private fun form(type: String, tables: CharacterTables) = Normalizer(
        UnicodeForms(
            if ('K' in type) tables.compatible else tables.canonical,
            tables.combining,
            if (type.endsWith('C')) tables.composition else null,
        )::normalize,
    )

    private fun bert(step: JsonObject, tables: CharacterTables): Normalizer {
        val steps = listOfNotNull(
            if (step.flag("clean_text")) clean(tables) else null,
            if (step.flag("handle_chinese_chars")) apart(tables.ideographs) else null,
            if (step.flag("strip_accents")) form("NFD", tables) else null,
            if (step.flag("strip_accents")) without(tables.nonspacing) else null,
            if (step.flag("lowercase")) lowercase(tables.lowercase) else null,
        )
        return Normalizer { text -> steps.fold(text) { made, each -> each.normalize(made) } }
    }

    private fun clean(tables: CharacterTables): Normalizer {
        val (controls, blanks) = tables.controls to tables.blanks
        return Normalizer { text ->
            text.filter { it !in controls }.map { if (it in blanks) SPACE else it }
        }
    }

    private fun without(points: CodePointSet) =
        Normalizer { text -> text.filter { it !in points } }

    /** Blanks around each ideograph, which so becomes a word. */
    private fun apart(ideographs: CodePointSet) = Normalizer { text ->
        rewritten(text) { if (it in ideographs) intArrayOf(SPACE, it, SPACE) else null }
    }

    private fun lowercase(map: CodePointMap) = Normalizer { text -> rewritten(text, map::get) }

    /** Each code point replaced by others, or kept where there are none. */
    private inline fun rewritten(text: Normalized, made: (Int) -> IntArray?): Normalized {
        val rewriting = Rewriting(text)
        for (point in text.points) {
            val others = made(point)
            if (others == null) {
                rewriting.replace(point)
            } else {
                rewriting.replace(others[0])
                for (index in 1 until others.size) rewriting.insert(others[index])
            }
        }
        return rewriting.done()
    }

    private fun strip(step: JsonObject, blanks: CodePointSet): Normalizer {
        val left = step.flag("strip_left")
        val right = step.flag("strip_right")
        return Normalizer { text ->
            var start = 0
            var end = text.size
            while (left && start < end && text.points[start] in blanks) start++
            while (right && start < end && text.points[end - 1] in blanks) end--
            text.slice(start, end)
        }
    }

    private fun replace(step: JsonObject): Normalizer {
        val pattern = step.child("pattern")
        val wanted = pattern.textOrNull("String")?.toCodePoints()
        if (wanted == null && pattern.textOrNull("Regex") != SEVERAL_SPACES) {
            throw EdgekitError.UnsupportedTokenizer(
                "this library does not replace by the tokenizer's regular expression: update it",
            )
        }
        return Replacement(wanted, step.text("content").toCodePoints())
    }

    /** The one regular expression that checkpoints replace by. */
    private const val SEVERAL_SPACES = " {2,}"
}

/**
 * Replaces each match; what takes its place stands for the match's last code point.
 *
 * @param wanted what is replaced; null: two blanks or more
 */
private class Replacement(
    private val wanted: IntArray?,
    private val content: IntArray,
) : Normalizer {
    override fun normalize(text: Normalized): Normalized {
        val made = Rewriting(text)
        var place = 0
        while (place < text.size) {
            val length = matched(text.points, place)
            if (length == 0) {
                made.replace(text.points[place++])
                continue
            }
            place += length
            made.skip(length)
            content.forEach(made::insert)
        }
        return made.done()
    }

    private fun matched(points: IntArray, place: Int): Int {
        if (wanted == null) {
            val blanks = (place until points.size).takeWhile { points[it] == ' '.code }.size
            return if (blanks > 1) blanks else 0
        }
        val fits = place + wanted.size <= points.size &&
            wanted.indices.all { points[place + it] == wanted[it] }
        return if (fits) wanted.size else 0
    }
}
