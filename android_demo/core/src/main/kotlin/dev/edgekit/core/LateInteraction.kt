package dev.edgekit.core

/** A vector for each token of a row, special ones included. */
public class LateInteraction(public val vectors: List<FloatArray>) : Answer {
    override fun toJson(): Map<String, Any?> = mapOf("vectors" to vectors)

    internal companion object {
        /** From vectors of shape (tokens, values). */
        fun of(values: Tensor): LateInteraction =
            LateInteraction(List(values.rows) { values.row(it) })

        /**
         * MaxSim: the sum, over the query's vectors, of the largest dot product with one of the
         * document's. Source: https://arxiv.org/abs/2004.12832.
         */
        fun similarity(query: Tensor, document: Tensor): Similarity {
            val rows = of(document).vectors
            val total = of(query).vectors.sumOf { vector -> rows.maxOf { dot(vector, it) } }
            return Similarity(total.toFloat())
        }
    }
}
