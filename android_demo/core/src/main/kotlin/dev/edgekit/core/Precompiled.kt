package dev.edgekit.core

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.io.encoding.Base64

/**
 * SentencePiece's table of replacements, as the tokenizers library applies it: by grapheme
 * clusters.
 *
 * @param charsmap base64 of the size of a trie in bytes, the trie, and strings that end with a zero
 */
internal class Precompiled(charsmap: String, private val graphemes: Graphemes) {
    private val trie: IntArray
    private val strings: ByteArray

    init {
        val content = ByteBuffer.wrap(decoded(charsmap)).order(ByteOrder.LITTLE_ENDIAN)
        val size = if (content.remaining() < Int.SIZE_BYTES) 0 else content.int
        if (size !in Int.SIZE_BYTES..content.remaining()) {
            throw JsonException("the charsmap is cut off")
        }
        trie = IntArray(size / Int.SIZE_BYTES) { content.int }
        strings = ByteArray(content.remaining()).also { content.get(it) }
    }

    private fun decoded(charsmap: String): ByteArray = try {
        Base64.decode(charsmap)
    } catch (error: IllegalArgumentException) {
        throw JsonException("the charsmap is not base64")
    }

    fun normalize(text: Normalized): Normalized {
        val rows = Rows(text.size)
        var start = 0
        for (end in graphemes.breaks(text.points) + text.size) {
            if (start < end) replace(text.points.copyOfRange(start, end), rows)
            start = end
        }
        return rows.applied(text)
    }

    private fun replace(cluster: IntArray, rows: Rows) {
        val whole = if (cluster.sumOf { Utf8.size(it) } < SHORT_BYTES) found(cluster) else null
        if (whole != null) return rows.add(cluster.size, whole)
        for (point in cluster) {
            val alone = intArrayOf(point)
            rows.add(1, found(alone) ?: alone)
        }
    }

    /** The string of the shortest beginning of [points] that the trie knows. */
    private fun found(points: IntArray): IntArray? {
        var place = offset(trie[0])
        for (byte in Utf8(points).bytes) {
            val label = byte.toInt() and 0xff
            place = place xor label
            if (label == 0 || place !in trie.indices || trie[place] and LABEL != label) return null
            val unit = trie[place]
            place = place xor offset(unit)
            if (unit and LEAF != 0) return string(trie.getOrElse(place) { 0 } and Int.MAX_VALUE)
        }
        return null
    }

    private fun string(start: Int): IntArray? {
        if (start !in strings.indices) return null
        var end = start
        while (end < strings.size && strings[end] != 0.toByte()) end++
        return String(strings, start, end - start, Charsets.UTF_8).toCodePoints()
    }

    private fun offset(unit: Int) = (unit ushr 10) shl ((unit and 0x200) ushr 6)

    /** New code points with what becomes of the old text at each (see [Rewriting.change]). */
    private class Rows(capacity: Int) {
        private val points = IntList(capacity)
        private val changes = IntList(capacity)

        /**
         * What is removed counts as removed behind the code point before, whichever that is: at the
         * beginning of a text it is not counted, and offsets are those of the library.
         */
        fun add(old: Int, new: IntArray) {
            for (index in new.indices) {
                points.add(new[index])
                changes.add(if (index >= old) 1 else 0)
            }
            val last = changes.size - 1
            if (new.size < old && last >= 0) changes[last] = changes[last] + new.size - old
        }

        fun applied(text: Normalized): Normalized {
            val rewriting = Rewriting(text)
            for (place in 0 until points.size) rewriting.change(points[place], changes[place])
            return rewriting.done()
        }
    }

    private companion object {
        /** A cluster of fewer bytes is sought as a whole. */
        const val SHORT_BYTES = 6
        const val LABEL = 0x800000ff.toInt()
        const val LEAF = 0x100
    }
}
