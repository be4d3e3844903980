package dev.edgekit.core

/** Which text loses tokens where a row is too long. */
public enum class Truncation {
    /** The longer one, until both have half of the room. */
    LONGEST_FIRST,
    ONLY_FIRST,
    ONLY_SECOND,
    ;

    /**
     * How many tokens each text keeps.
     *
     * @param lengths tokens of the one or two texts
     * @param room tokens for all of them
     */
    internal fun kept(lengths: List<Int>, room: Int): List<Int> {
        if (lengths.sum() <= room) return lengths
        val cut = when (this) {
            LONGEST_FIRST -> if (lengths[0] > lengths.last()) 0 else lengths.lastIndex
            ONLY_FIRST -> 0
            ONLY_SECOND -> 1
        }
        val others = lengths.mapIndexed { index, length ->
            when {
                index == cut -> 0
                this == LONGEST_FIRST -> minOf(length, room / 2)
                else -> length
            }
        }
        val left = room - others.sum()
        val least = if (this == LONGEST_FIRST) 0 else 1 // of the text to be cut
        if (left < least || cut !in lengths.indices) {
            throw EdgekitError.QuestionTooLong(
                "the text that is not to be cut has ${others.sum()} tokens and only $room fit",
            )
        }
        return others.mapIndexed { index, length ->
            if (index == cut) minOf(lengths[index], left) else length
        }
    }
}
