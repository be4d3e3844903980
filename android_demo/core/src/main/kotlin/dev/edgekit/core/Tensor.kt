package dev.edgekit.core

/**
 * An output of one row, without padding and without a batch axis.
 *
 * @property shape its axes
 * @property values in C order
 */
internal class Tensor(val shape: IntArray, val values: FloatArray) {
    init {
        require(shape.fold(1L) { size, axis -> size * axis } == values.size.toLong())
    }

    /** Values of one row of the first axis. */
    fun row(index: Int): FloatArray {
        val width = values.size / shape[0]
        return values.copyOfRange(index * width, (index + 1) * width)
    }

    val size: Int get() = values.size

    /** Rows of the first axis. */
    val rows: Int get() = shape[0]
}
