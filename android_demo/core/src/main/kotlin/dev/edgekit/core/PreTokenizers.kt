package dev.edgekit.core

/** A step that splits a text; pieces may be empty, which are passed over. */
internal fun interface PreTokenizer {
    fun split(text: Normalized): List<Normalized>
}

/** The steps of a tokenizer's pre-tokenizer, by the type that tokenizer.json gives them. */
internal object PreTokenizers {
    /** @throws EdgekitError.UnsupportedTokenizer the step is unknown here */
    fun of(step: JsonObject, tables: CharacterTables): PreTokenizer =
        of(step.text("type"), step, tables)

    private fun of(type: String, step: JsonObject, tables: CharacterTables) = when (type) {
        "WhitespaceSplit" -> words(tables.blanks, null)
        "BertPreTokenizer" -> words(tables.blanks, tables.punctuation)
        "Metaspace" -> Metaspace(step)
        "ByteLevel" -> ByteLevel(step, tables)
        else -> throw EdgekitError.UnsupportedTokenizer(
            "this library has no pre-tokenizer $type: update it",
        )
    }

    /** What stands between blanks; each mark of [apart] is a word for itself. */
    private fun words(blanks: CodePointSet, apart: CodePointSet?) = PreTokenizer { text ->
        val found = ArrayList<Normalized>()
        var start = 0
        for (place in 0 until text.size) {
            val isApart = apart != null && text.points[place] in apart
            if (!isApart && text.points[place] !in blanks) continue
            found.add(text.slice(start, place))
            if (isApart) found.add(text.slice(place, place + 1))
            start = place + 1
        }
        found.add(text.slice(start, text.size))
        found
    }
}

/** SentencePiece's blanks, which are a character of the words. */
private class Metaspace(step: JsonObject) : PreTokenizer {
    private val mark = step.text("replacement").toCodePoints().firstOrNull()
        ?: throw JsonException("'replacement' is empty")
    private val scheme = step.text("prepend_scheme")
    private val splits = step.fields["split"] as? Boolean ?: true

    override fun split(text: Normalized): List<Normalized> {
        val marked = text.map { if (it == ' '.code) mark else it }
        val isPrefixed = scheme == "always" || (scheme == "first" && text.starts[0] == 0)
        val whole = if (isPrefixed) marked.prefixed(mark) else marked
        val found = ArrayList<Normalized>()
        var start = 0
        for (place in 1 until whole.size) {
            if (!splits || whole.points[place] != mark) continue
            found.add(whole.slice(start, place))
            start = place
        }
        found.add(whole.slice(start, whole.size))
        return found
    }
}

/** GPT-2's pattern: contractions, runs of letters, of numbers, of other marks, and of blanks. */
private class ByteLevel(step: JsonObject, tables: CharacterTables) : PreTokenizer {
    private val addsPrefix = step.flag("add_prefix_space")
    private val blanks = tables.blanks
    private val letters = tables.letters
    private val numbers = tables.numbers

    private enum class Kind { BLANK, LETTER, NUMBER, OTHER }

    override fun split(text: Normalized): List<Normalized> {
        val whole = if (addsPrefix) text.prefixed(' '.code) else text
        val kinds = Array(whole.size) { kind(whole.points[it]) }
        val found = ArrayList<Normalized>()
        var place = 0
        while (place < whole.size) {
            val end = end(whole.points, kinds, place)
            found.add(whole.slice(place, end))
            place = end
        }
        return found
    }

    /** Where the piece ends that begins at [place]. */
    private fun end(points: IntArray, kinds: Array<Kind>, place: Int): Int {
        val contraction = CONTRACTIONS.firstOrNull { stands(it, points, place) }
        if (contraction != null) return place + contraction.length
        val start = if (points[place] == ' '.code && place + 1 < points.size) place + 1 else place
        if (kinds[start] != Kind.BLANK) return run(kinds, start)
        val end = run(kinds, place)
        // The last blank before a word is left to it.
        return if (end == points.size || end == place + 1) end else end - 1
    }

    private fun stands(wanted: String, points: IntArray, place: Int) =
        place + wanted.length <= points.size &&
            wanted.indices.all { points[place + it] == wanted[it].code }

    private fun run(kinds: Array<Kind>, place: Int): Int {
        var end = place + 1
        while (end < kinds.size && kinds[end] == kinds[place]) end++
        return end
    }

    private fun kind(point: Int) = when (point) {
        in blanks -> Kind.BLANK
        in letters -> Kind.LETTER
        in numbers -> Kind.NUMBER
        else -> Kind.OTHER
    }

    private companion object {
        val CONTRACTIONS = listOf("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
    }
}
