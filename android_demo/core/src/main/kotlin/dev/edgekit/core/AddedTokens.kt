package dev.edgekit.core

/**
 * A token that is cut out of a text before anything else is done.
 *
 * @property sought what it is found by
 * @property takesBefore whether it takes the blanks before it, too
 * @property takesBehind likewise, those behind it
 */
internal class AddedToken(
    val id: Int,
    val sought: IntArray,
    val takesBefore: Boolean,
    val takesBehind: Boolean,
)

/** A piece of a text, or an added token of that id. */
internal class Part(val text: Normalized, val id: Int = Vocabulary.NONE) {
    val isToken: Boolean get() = id != Vocabulary.NONE
}

/** Cuts added tokens out: of those that begin at one place the longest. */
internal class AddedTokens(tokens: List<AddedToken>, private val blanks: CodePointSet) {
    private val byFirst: Map<Int, List<AddedToken>> = tokens
        .filter { it.sought.isNotEmpty() }
        .sortedByDescending { it.sought.size }
        .groupBy { it.sought[0] }

    fun cut(text: Normalized): List<Part> {
        val parts = ArrayList<Part>()
        var done = 0
        var place = 0
        while (place < text.size) {
            val token = at(text.points, place)
            if (token == null) {
                place++
                continue
            }
            var start = place
            place += token.sought.size
            var end = place
            while (token.takesBefore && start > done && text.points[start - 1] in blanks) start--
            while (token.takesBehind && end < text.size && text.points[end] in blanks) end++
            if (done < start) parts.add(Part(text.slice(done, start)))
            parts.add(Part(text.slice(start, end), token.id))
            done = end
        }
        if (done < text.size) parts.add(Part(text.slice(done, text.size)))
        return parts
    }

    /** Adds a part that is a token, with the blanks that it has taken. */
    fun add(part: Part, tokens: TokenList) {
        val points = part.text.points
        val before = points.takeWhile { it in blanks }.size
        val behind = points.reversed().takeWhile { it in blanks }.size
        tokens.add(part.id, part.text, 0, part.text.size, before, behind)
    }

    private fun at(points: IntArray, place: Int): AddedToken? =
        byFirst[points[place]]?.firstOrNull { token ->
            place + token.sought.size <= points.size &&
                token.sought.indices.all { points[place + it] == token.sought[it] }
        }
}
