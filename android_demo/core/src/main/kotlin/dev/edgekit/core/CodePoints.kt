package dev.edgekit.core

/** A text as Unicode code points, which is what offsets count. */
internal class CodePoints(val text: String) {
    /** The code points. */
    val values: IntArray = text.toCodePoints()

    val size: Int get() = values.size

    /** The piece from [start] to [end]. */
    fun piece(start: Int, end: Int): String = String(values, start, end - start)

    /** The same piece as places in the text's own UTF-16 units. */
    fun characters(start: Int, end: Int): IntRange {
        val first = text.offsetByCodePoints(0, start)
        return first until text.offsetByCodePoints(first, end - start)
    }
}

/** The text's code points; a surrogate without its other half is one, too. */
internal fun String.toCodePoints(): IntArray {
    val found = IntArray(codePointCount(0, length))
    var place = 0
    for (index in found.indices) {
        found[index] = codePointAt(place)
        place += Character.charCount(found[index])
    }
    return found
}
