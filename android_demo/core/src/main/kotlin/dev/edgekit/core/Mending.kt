package dev.edgekit.core

/** A piece of a text by its offsets in code points, which may be empty. */
internal data class Piece(val start: Int, val end: Int) {
    val isEmpty: Boolean get() = start >= end
}

/**
 * Puts pieces for people right (docs/postprocess.md): no white space around them, and all of their
 * combining marks, which a tokenizer that takes accents off leaves out.
 *
 * @param marks the general categories Mn, Mc and Me
 */
internal class Mending(private val marks: CodePointSet) {
    fun mended(text: CodePoints, piece: Piece): Piece {
        var (start, end) = piece
        while (start < end && text.values[start] in WHITE_SPACE) start++
        while (end > start && text.values[end - 1] in WHITE_SPACE) end--
        if (start == end) return Piece(start, end)
        while (start > 0 && text.values[start] in marks) start--
        while (end < text.size && text.values[end] in marks) end++
        return Piece(start, end)
    }

    private companion object {
        /** Unicode's property White_Space. */
        val WHITE_SPACE = CodePointSet(
            intArrayOf(
                0x9, 0xd, 0x20, 0x20, 0x85, 0x85, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a,
                0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000,
            ),
        )
    }
}
