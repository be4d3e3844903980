package dev.edgekit.core

/**
 * Code points as the bytes of their UTF-8.
 *
 * @property bytes of all code points, one after the other
 * @property ends where the bytes of each code point end
 */
internal class Utf8(points: IntArray) {
    val ends = IntArray(points.size)
    val bytes: ByteArray

    init {
        var size = 0
        for (index in points.indices) {
            size += size(points[index])
            ends[index] = size
        }
        bytes = ByteArray(size)
        for (index in points.indices) write(points[index], start(index), ends[index])
    }

    /** Where the bytes of a code point begin. */
    fun start(index: Int): Int = if (index == 0) 0 else ends[index - 1]

    private fun write(point: Int, start: Int, end: Int) {
        var rest = point
        for (place in end - 1 downTo start + 1) {
            bytes[place] = (0x80 or (rest and 0x3f)).toByte()
            rest = rest shr 6
        }
        bytes[start] = (LEADS[end - start] or rest).toByte()
    }

    companion object {
        private val LEADS = intArrayOf(0, 0, 0xc0, 0xe0, 0xf0)

        /** Bytes of a code point. */
        fun size(point: Int): Int = when {
            point < 0x80 -> 1
            point < 0x800 -> 2
            point < 0x10000 -> 3
            else -> 4
        }
    }
}
