package dev.edgekit.core

import java.util.PriorityQueue

/**
 * Byte-level BPE: a word's bytes, of which the pair that stands first in the merges becomes one,
 * and of several places the leftmost, until there is no such pair.
 *
 * @param unknown id of a byte that the vocabulary has not; null: such a byte is left out
 * @param ignoresMerges whether a word that is an entry is that at once
 */
internal class BytePairEncoding(
    private val vocabulary: Vocabulary,
    private val unknown: Int?,
    private val ignoresMerges: Boolean,
) : Model {
    private val byteIds = IntArray(BYTES) { byte -> vocabulary.id(symbol(byte)) }
    private val merges = vocabulary.merges

    override fun tokenize(word: Normalized, tokens: TokenList) {
        val text = Utf8(word.points)
        val bytes = ByteWord(word, text)
        val whole = if (ignoresMerges) wholeId(text) else Vocabulary.NONE
        if (whole != Vocabulary.NONE) return bytes.add(tokens, whole, 0, text.bytes.size)
        val symbols = Symbols(text)
        symbols.mergeAll()
        symbols.forEach { id, from, until -> bytes.add(tokens, id, from, until) }
    }

    private fun wholeId(text: Utf8): Int {
        val prefix = vocabulary.Prefix()
        val isThere = text.bytes.all { byte -> symbol(byte.toInt() and 0xff).all(prefix::take) }
        return if (isThere) prefix.id else Vocabulary.NONE
    }

    /** A word whose tokens are pieces of its bytes. */
    private class ByteWord(private val word: Normalized, private val text: Utf8) {
        private val pointOf = IntArray(text.bytes.size)

        init {
            for (point in 0 until word.size) {
                pointOf.fill(point, text.start(point), text.ends[point])
            }
        }

        fun add(tokens: TokenList, id: Int, from: Int, until: Int) {
            var before = 0
            while (from + before < until && isSpace(from + before)) before++
            var behind = 0
            while (until - behind > from && isSpace(until - behind - 1)) behind++
            tokens.add(id, word, pointOf[from], pointOf[until - 1] + 1, before, behind)
        }

        private fun isSpace(place: Int) = text.bytes[place] == ' '.code.toByte()
    }

    /** The symbols of a word: neighbours are linked, so that two become one fast. */
    private inner class Symbols(text: Utf8) {
        private val ids = IntList(text.bytes.size)
        private val lengths = IntList(text.bytes.size)
        private val next: IntArray
        private val previous: IntArray
        private val queue = PriorityQueue<Long>()

        init {
            for (byte in text.bytes) {
                val known = byteIds[byte.toInt() and 0xff]
                val id = if (known == Vocabulary.NONE) unknown ?: continue else known
                ids.add(id)
                lengths.add(1)
            }
            next = IntArray(ids.size) { if (it + 1 < ids.size) it + 1 else NOWHERE }
            previous = IntArray(ids.size) { it - 1 }
        }

        fun mergeAll() {
            for (place in 0 until ids.size) propose(place)
            while (true) {
                val proposed = queue.poll() ?: return
                val place = proposed.toInt()
                val row = mergeAt(place)
                // What was proposed may have become part of another symbol since then.
                if (row != NOWHERE && merges[row + RANK] == (proposed shr Int.SIZE_BITS).toInt()) {
                    merge(place, merges[row + MERGED])
                }
            }
        }

        inline fun forEach(each: (Int, Int, Int) -> Unit) {
            var from = 0
            var place = if (ids.size == 0) NOWHERE else 0
            while (place != NOWHERE) {
                each(ids[place], from, from + lengths[place])
                from += lengths[place]
                place = next[place]
            }
        }

        private fun propose(place: Int) {
            val row = if (place < 0) NOWHERE else mergeAt(place)
            if (row != NOWHERE) {
                queue.add((merges[row + RANK].toLong() shl Int.SIZE_BITS) or place.toLong())
            }
        }

        /** The merge of a symbol with the next one. */
        private fun mergeAt(place: Int): Int =
            if (lengths[place] == 0 || next[place] == NOWHERE) NOWHERE
            else find(ids[place], ids[next[place]])

        private fun merge(place: Int, id: Int) {
            val gone = next[place]
            ids[place] = id
            lengths[place] = lengths[place] + lengths[gone]
            lengths[gone] = 0
            next[place] = next[gone]
            if (next[gone] != NOWHERE) previous[next[gone]] = place
            propose(previous[place])
            propose(place)
        }
    }

    /** Where the merge of two ids begins in [merges]. */
    private fun find(left: Int, right: Int): Int {
        var low = 0
        var high = merges.size / COLUMNS
        while (low < high) {
            val middle = (low + high) ushr 1
            val row = middle * COLUMNS
            val isLeft = merges[row] == left
            when {
                isLeft && merges[row + 1] == right -> return row
                merges[row] < left || (isLeft && merges[row + 1] < right) -> low = middle + 1
                else -> high = middle
            }
        }
        return NOWHERE
    }

    private companion object {
        const val BYTES = 256
        const val COLUMNS = 4
        const val RANK = 2
        const val MERGED = 3
        const val NOWHERE = -1

        /** Bytes that stand for themselves; the others are written as U+0100 and on. */
        val OWN = (33..126) + (161..172) + (174..255)
        val OTHERS = (0 until BYTES) - OWN.toSet()

        /** How the vocabulary writes a byte, in UTF-8. */
        fun symbol(byte: Int): ByteArray {
            val point = if (byte in OWN) byte else BYTES + OTHERS.indexOf(byte)
            return point.toChar().toString().toByteArray()
        }
    }
}
