package dev.edgekit.core

/**
 * One row of ids, unpadded, with what is known of each token.
 *
 * @property ids the vocabulary's
 * @property typeIds 0 for the first text of a pair, 1 for the second, as the model was trained
 * @property starts of each token in its own text, in Unicode code points; 0 for special tokens
 * @property ends likewise; the first code point behind the token
 * @property sequenceIds which text a token is from: 0, 1, or [SPECIAL]
 * @property wordIds a running number of the pre-tokenizer's pieces of that text, or [SPECIAL]
 * @property attentionMask 1 where the model attends to a token, else 0; null: to all of them
 * @property skipped places of tokens whose vectors are no part of an answer
 */
public class Encoding internal constructor(
    public val ids: IntArray,
    public val typeIds: IntArray,
    public val starts: IntArray,
    public val ends: IntArray,
    public val sequenceIds: IntArray,
    public val wordIds: IntArray,
    public val attentionMask: IntArray? = null,
    public val skipped: List<Int> = emptyList(),
) {
    /** Tokens, special ones included. */
    public val size: Int get() = ids.size

    /** Whether the tokenizer added the token: it is of no text. */
    public fun isSpecial(token: Int): Boolean = sequenceIds[token] == SPECIAL

    public companion object {
        /** Of a token that the tokenizer added. */
        public const val SPECIAL: Int = -1
    }
}
