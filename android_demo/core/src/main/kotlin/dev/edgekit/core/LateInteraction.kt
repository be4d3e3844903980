package dev.edgekit.core

/** A vector for each token of a row that counts, special ones included. */
public class LateInteraction(public val vectors: List<FloatArray>) : Answer {
    override fun toJson(): Map<String, Any?> = mapOf("vectors" to vectors)

    internal companion object {
        /** From the vectors of a row, of shape (tokens, values). */
        fun of(values: Tensor, row: Encoding): LateInteraction =
            LateInteraction((0 until values.rows).filter { it !in row.skipped }.map(values::row))

        /**
         * MaxSim: the sum, over the query's vectors, of the largest dot product with one of the
         * document's. Source: https://arxiv.org/abs/2004.12832.
         */
        fun similarity(query: LateInteraction, document: LateInteraction): Similarity {
            val total = query.vectors.sumOf { vector ->
                document.vectors.maxOf { dot(vector, it) }
            }
            return Similarity(total.toFloat())
        }
    }
}
