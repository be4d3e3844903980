package dev.edgekit.core

import java.io.InputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * A model's vocabulary as vocabulary.bin has it: arrays that are read at once, and no tree.
 *
 * @param starts where each entry begins in [text], by id, and where the last one ends
 * @param order ids in the order of their bytes
 * @property merges left id, right id, rank and merged id of each merge, ascending by the first two
 * @property scores by id; null where the model has none
 */
internal class Vocabulary private constructor(
    private val starts: IntArray,
    private val order: IntArray,
    val merges: IntArray,
    val scores: DoubleArray?,
    private val text: ByteArray,
) {
    val size: Int get() = order.size

    /** The entry of an id, as it stands there; empty where no entry has the id. */
    fun token(id: Int): String {
        if (id !in 0 until size) return ""
        return String(text, starts[id], starts[id + 1] - starts[id], Charsets.UTF_8)
    }

    /** The id of an entry by its bytes, or -1. */
    fun id(bytes: ByteArray): Int {
        val prefix = Prefix()
        return if (bytes.isNotEmpty() && bytes.all(prefix::take)) prefix.id else NONE
    }

    /** The entries that begin with the bytes that were taken so far. */
    inner class Prefix private constructor(
        private var low: Int,
        private var high: Int,
        private var depth: Int,
    ) {
        constructor() : this(0, order.size, 0)

        fun copy(): Prefix = Prefix(low, high, depth)

        /** Takes one byte more; false if no entry goes on with it. */
        fun take(byte: Byte): Boolean {
            val wanted = byte.toInt() and 0xff
            if (depth == 0) {
                low = firstBytes[wanted]
                high = firstBytes[wanted + 1]
            } else {
                val from = bound(low, high, depth, wanted)
                high = bound(from, high, depth, wanted + 1)
                low = from
            }
            depth++
            return low < high
        }

        /** The id of the entry that is just these bytes, or -1: shorter ones come first. */
        val id: Int
            get() = if (low < high && length(order[low]) == depth) order[low] else NONE
    }

    private val firstBytes = IntArray(257) { bound(0, order.size, 0, it) }

    /** The first place in the order, of those given, whose byte at [depth] is at least [wanted]. */
    private fun bound(from: Int, until: Int, depth: Int, wanted: Int): Int {
        var low = from
        var high = until
        while (low < high) {
            val middle = (low + high) ushr 1
            if (byteAt(order[middle], depth) < wanted) low = middle + 1 else high = middle
        }
        return low
    }

    private fun byteAt(id: Int, depth: Int): Int =
        if (depth < length(id)) text[starts[id] + depth].toInt() and 0xff else NONE

    private fun length(id: Int) = starts[id + 1] - starts[id]

    private fun checked(): Vocabulary = apply {
        val isAscending = (0 until size).all { starts[it] <= starts[it + 1] }
        val isWhole = starts[0] == 0 && starts[size] == text.size
        val isOrdered = order.all { it in 0 until size }
        val hasMerges = merges.indices.all { it % 4 == 2 || merges[it] in 0 until size }
        if (!isAscending || !isWhole || !isOrdered || !hasMerges) {
            throw JsonException("its parts contradict each other")
        }
    }

    companion object {
        /** Where an id is asked for and there is none. */
        const val NONE = -1

        private const val MAGIC = 0x314241434f564b45L // EKVOCAB1
        private const val HEAD_BYTES = 24
        private const val HAS_SCORES = 1

        /** Reads the file. */
        fun read(input: InputStream): Vocabulary =
            parse(ByteBuffer.wrap(input.readBytes()).order(ByteOrder.LITTLE_ENDIAN))

        private fun parse(content: ByteBuffer): Vocabulary {
            if (content.remaining() < HEAD_BYTES || content.long != MAGIC) {
                throw JsonException("it is no vocabulary")
            }
            val count = content.int
            val merges = content.int
            val hasScores = content.int and HAS_SCORES != 0
            val textBytes = content.int
            val size = 4L * (count + 1L) + 4L * count + 16L * merges +
                (if (hasScores) 8L * count else 0L) + textBytes
            if (minOf(count, merges, textBytes) < 0 || size != content.remaining().toLong()) {
                throw JsonException("its size is not what its head says")
            }
            return Vocabulary(
                starts = content.ints(count + 1),
                order = content.ints(count),
                merges = content.ints(4 * merges),
                scores = if (hasScores) content.doubles(count) else null,
                text = ByteArray(textBytes).also { content.get(it) },
            ).checked()
        }

        private fun ByteBuffer.ints(count: Int) = IntArray(count) { int }

        private fun ByteBuffer.doubles(count: Int) = DoubleArray(count) { double }
    }
}
