package dev.edgekit.core

/**
 * A token's piece of the text and its vector.
 *
 * @property start in Unicode code points of the text
 * @property end likewise, the first behind it
 */
public class TokenVector(
    public val text: String,
    public val start: Int,
    public val end: Int,
    public val vector: FloatArray,
) {
    internal fun toJson() =
        mapOf("text" to text, "start" to start, "end" to end, "vector" to vector)
}

/** Of every token of the text; special tokens are left out. */
public class Features(public val tokens: List<TokenVector>) : Answer {
    override fun toJson(): Map<String, Any?> = mapOf("tokens" to tokens.map { it.toJson() })

    internal companion object {
        /** From vectors of shape (tokens, values). */
        fun of(values: Tensor, row: Encoding, text: CodePoints): Features = Features(
            (0 until row.size).filterNot(row::isSpecial).map { token ->
                val (start, end) = Piece(row.starts[token], row.ends[token])
                TokenVector(text.piece(start, end), start, end, values.row(token))
            },
        )
    }
}
