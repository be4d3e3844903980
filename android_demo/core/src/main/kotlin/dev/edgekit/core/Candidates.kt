package dev.edgekit.core

/** A span that may be the answer, not yet mended. */
internal class Candidate(val piece: Piece, val score: Float)

/**
 * Every allowed span of all windows: both tokens of the passage, in order, and not too far apart.
 *
 * A long passage has a million of them, so they are arrays and no objects.
 */
internal class Candidates(windows: List<QuestionAnswering.Window>, mostTokens: Int) {
    private val size = windows.sumOf { window -> allowed(window.row, mostTokens) { _, _ -> } }
    private val starts = IntArray(size)
    private val ends = IntArray(size)
    private val scores = FloatArray(size)

    init {
        var place = 0
        for (window in windows) {
            allowed(window.row, mostTokens) { first, last ->
                starts[place] = window.row.starts[first]
                ends[place] = window.row.ends[last]
                scores[place++] = window.startLogits[first] + window.endLogits[last]
            }
        }
    }

    /** From the best score on; of equal scores the smaller start first, then the smaller end. */
    fun ranked(): Sequence<Candidate> = sequence {
        val keys = LongArray(size) {
            (descending(scores[it]).toLong() shl Int.SIZE_BITS) or it.toLong()
        }
        keys.sort()
        var from = 0
        while (from < size) {
            val score = scores[keys[from].toInt()]
            val until = (from until size).firstOrNull { scores[keys[it].toInt()] != score } ?: size
            yieldAll(equals(keys, from until until, score))
            from = until
        }
    }

    private fun equals(keys: LongArray, places: IntRange, score: Float): List<Candidate> = places
        .map { keys[it].toInt() }
        .map { Piece(starts[it], ends[it]) }
        .sortedWith(compareBy(Piece::start, Piece::end))
        .map { Candidate(it, score) }

    private inline fun allowed(row: Encoding, mostTokens: Int, each: (Int, Int) -> Unit): Int {
        var count = 0
        for (first in 0 until row.size) {
            if (row.sequenceIds[first] != PASSAGE) continue
            for (last in first until minOf(first + mostTokens, row.size)) {
                if (row.sequenceIds[last] != PASSAGE) continue
                each(first, last)
                count++
            }
        }
        return count
    }

    /** An integer that is the smaller, the larger the value; 0 and -0 are one. */
    private fun descending(value: Float): Int {
        val bits = (value + 0f).toRawBits()
        return (if (bits >= 0) bits else bits xor Int.MAX_VALUE).inv()
    }

    private companion object {
        const val PASSAGE = 1
    }
}
