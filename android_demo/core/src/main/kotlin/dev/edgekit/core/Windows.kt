package dev.edgekit.core

/** How a passage that is too long for one row is read: in windows that overlap. */
public object Windows {
    /** Tokens that two windows share, at most. */
    private const val MAX_OVERLAP = 128

    /**
     * The windows, from the first token to the last.
     *
     * @param tokens of the passage
     * @param room tokens of it that fit into one row, at least 1
     */
    public fun of(tokens: Int, room: Int): List<IntRange> {
        val step = room - minOf(MAX_OVERLAP, room / 2)
        return generateSequence(0) { start -> (start + step).takeIf { start + room < tokens } }
            .map { it until minOf(it + room, tokens) }
            .toList()
    }
}
