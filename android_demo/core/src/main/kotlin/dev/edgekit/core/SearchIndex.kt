package dev.edgekit.core

import kotlin.math.sqrt

/** A text of an index by its place there, and how alike it is to the query. */
public data class Hit(val index: Int, val score: Float)

/** Vectors to search in. For cosines they are kept at length 1, so that a search is dot products. */
public class SearchIndex private constructor(
    private val vectors: List<FloatArray>,
    private val similarity: VectorSimilarity,
) {
    /** How many there are. */
    public val size: Int get() = vectors.size

    /** The [top] vectors that are most alike to a query's, from the best on. */
    public fun search(query: FloatArray, top: Int): List<Hit> {
        val width = vectors.firstOrNull()?.size ?: return emptyList()
        require(query.size == width) { "a vector of ${query.size} values, not $width" }
        val asked = prepared(query, similarity)
        val scores = FloatArray(size) { compare(vectors[it], asked) }
        return ranked(scores, top).map { Hit(it, scores[it]) }
    }

    private fun compare(vector: FloatArray, query: FloatArray): Float {
        if (similarity != VectorSimilarity.COSINE) return similarity.of(query, vector)
        var sum = 0f
        for (place in query.indices) sum += vector[place] * query[place]
        return sum
    }

    public companion object {
        /** An index of vectors of one size, in their order, compared as the manifest says. */
        public fun of(
            vectors: List<FloatArray>,
            similarity: VectorSimilarity = VectorSimilarity.COSINE,
        ): SearchIndex {
            require(vectors.all { it.size == vectors[0].size }) { "vectors of different sizes" }
            return SearchIndex(vectors.map { prepared(it, similarity) }, similarity)
        }

        private fun prepared(vector: FloatArray, similarity: VectorSimilarity): FloatArray {
            if (similarity != VectorSimilarity.COSINE) return vector
            val length = sqrt(dot(vector, vector)).toFloat()
            return if (length == 0f) vector else FloatArray(vector.size) { vector[it] / length }
        }
    }
}
