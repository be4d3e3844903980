package dev.edgekit.core

import kotlin.math.sqrt

/** A text of an index by its place there, and its cosine with the query. */
public data class Hit(val index: Int, val score: Float)

/**
 * Vectors of length 1, so that a search is one pass of dot products.
 *
 * @property size how many there are
 */
public class SearchIndex private constructor(
    private val values: FloatArray,
    private val width: Int,
    public val size: Int,
) {
    /** The [top] vectors that are closest to a query's, the closest first. */
    public fun search(query: FloatArray, top: Int): List<Hit> {
        if (size == 0) return emptyList()
        require(query.size == width) { "a vector of ${query.size} values, not $width" }
        val unit = normalized(query)
        val scores = FloatArray(size) { row ->
            var sum = 0f
            for (column in 0 until width) sum += values[row * width + column] * unit[column]
            sum
        }
        return ranked(scores, top).map { Hit(it, scores[it]) }
    }

    public companion object {
        /** An index of vectors of one size, in their order. */
        public fun of(vectors: List<FloatArray>): SearchIndex {
            val width = vectors.firstOrNull()?.size ?: 0
            val values = FloatArray(vectors.size * width)
            vectors.forEachIndexed { row, vector ->
                require(vector.size == width) { "vectors of different sizes" }
                normalized(vector).copyInto(values, row * width)
            }
            return SearchIndex(values, width, vectors.size)
        }

        private fun normalized(vector: FloatArray): FloatArray {
            val length = sqrt(dot(vector, vector)).toFloat()
            return if (length == 0f) vector else FloatArray(vector.size) { vector[it] / length }
        }
    }
}
