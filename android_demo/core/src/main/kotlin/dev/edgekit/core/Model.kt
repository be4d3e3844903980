package dev.edgekit.core

/** From words to tokens: one implementation a kind of tokenizer. */
internal fun interface Model {
    /** Adds the tokens of a word, which is not empty. */
    fun tokenize(word: Normalized, tokens: TokenList)

    companion object {
        /** @throws EdgekitError.UnsupportedTokenizer the kind is unknown here */
        fun of(kind: String, settings: JsonObject, vocabulary: Vocabulary): Model = when (kind) {
            "WordPiece" -> WordPiece(
                vocabulary,
                settings.int("unk_id"),
                settings.text("continuing_subword_prefix"),
                settings.int("max_input_chars_per_word"),
            )
            "BPE" -> BytePairEncoding(
                vocabulary,
                settings.intOrNull("unk_id"),
                settings.flag("ignore_merges"),
            )
            "Unigram" -> Unigram(vocabulary, settings.int("unk_id"))
            else -> throw EdgekitError.UnsupportedTokenizer(
                "this library has no $kind vocabulary: update it",
            )
        }
    }
}
