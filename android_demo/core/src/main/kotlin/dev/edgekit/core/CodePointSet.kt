package dev.edgekit.core

/**
 * A set of code points.
 *
 * @param ranges first and last code point of each range, one after the other, ascending
 */
internal class CodePointSet(private val ranges: IntArray) {
    operator fun contains(codePoint: Int): Boolean {
        val place = ranges.binarySearch(codePoint)
        // Where it stands between two entries, an odd number of them before it is inside a range.
        return place >= 0 || place.inv() % 2 == 1
    }
}
