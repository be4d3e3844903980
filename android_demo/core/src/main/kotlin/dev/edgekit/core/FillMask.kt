package dev.edgekit.core

/**
 * A vocabulary entry that may stand at a mask.
 *
 * @property token as it stands in the vocabulary: `##ing`, `Ġthe`
 * @property score its probability
 */
public data class Filler(val tokenId: Int, val token: String, val score: Float) {
    internal fun toJson() = mapOf("token_id" to tokenId, "token" to token, "score" to score)
}

/**
 * A mask of the text, and what may stand there, from the likeliest on.
 *
 * @property start in Unicode code points of the text
 * @property end likewise, the first behind it
 * @property characters the same as places in the text's UTF-16 units, as a `String` counts
 */
public data class Mask(
    val start: Int,
    val end: Int,
    val characters: IntRange,
    val fillers: List<Filler>,
) {
    internal fun toJson() =
        mapOf("start" to start, "end" to end, "fillers" to fillers.map { it.toJson() })
}

/** The answer of a fill mask: one entry a mask, in the text's order. */
public data class FilledMasks(val masks: List<Mask>) : Answer {
    override fun toJson(): Map<String, Any?> = mapOf("masks" to masks.map { it.toJson() })
}

/**
 * From logits to words.
 *
 * @param maskId the id of the tokenizer's mask
 * @param token gives a vocabulary's entry
 */
internal class MaskFiller(private val maskId: Int, private val token: (Int) -> String) {
    /** Places of the masks of the text among a row's tokens. */
    fun places(row: Encoding): List<Int> =
        (0 until row.size).filter { !row.isSpecial(it) && row.ids[it] == maskId }

    /** From logits of shape (tokens, vocabulary). */
    fun fill(logits: Tensor, row: Encoding, text: CodePoints, top: Int): FilledMasks {
        val places = places(row)
        if (places.isEmpty()) {
            throw EdgekitError.NoMask(
                "the text has no ${token(maskId)} among its first ${row.size} tokens: put it " +
                    "where a word is missing",
            )
        }
        return FilledMasks(
            places.map { place ->
                val (start, end) = Piece(row.starts[place], row.ends[place])
                Mask(start, end, text.characters(start, end), fillers(logits.row(place), top))
            },
        )
    }

    private fun fillers(logits: FloatArray, top: Int): List<Filler> {
        val scores = softmax(logits)
        return ranked(logits, top).map { Filler(it, token(it), scores[it]) }
    }
}
