package dev.edgekit.core

/** A vocabulary entry and its weight in a sparse vector. */
public data class Weight(val token: String, val index: Int, val weight: Float) {
    internal fun toJson() = mapOf("token" to token, "index" to index, "weight" to weight)
}

/**
 * The largest weights of a text's sparse vector, in order.
 *
 * @property nonzero how many weights of the whole vector are not 0
 * @property vector the whole of it, one weight a vocabulary entry, for an index
 */
public class SparseEmbedding(
    public val weights: List<Weight>,
    public val nonzero: Int,
    public val vector: FloatArray,
) : Answer {
    override fun toJson(): Map<String, Any?> =
        mapOf("weights" to weights.map { it.toJson() }, "nonzero" to nonzero)

    internal companion object {
        /** From weights of shape (vocabulary); [token] gives a vocabulary's entry. */
        fun of(values: FloatArray, token: (Int) -> String, top: Int): SparseEmbedding {
            val nonzero = values.count { it != 0f }
            val best = ranked(values, minOf(top, nonzero))
            return SparseEmbedding(best.map { Weight(token(it), it, values[it]) }, nonzero, values)
        }
    }
}
