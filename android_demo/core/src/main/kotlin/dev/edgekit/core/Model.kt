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
                unknownId(settings, vocabulary),
                settings.text("continuing_subword_prefix"),
                settings.int("max_input_chars_per_word"),
            )
            "BPE" -> BytePairEncoding(
                vocabulary,
                if ("unk_id" in settings) unknownId(settings, vocabulary) else null,
                settings.flag("ignore_merges"),
            )
            "Unigram" -> Unigram(vocabulary, unknownId(settings, vocabulary))
            else -> throw EdgekitError.UnsupportedTokenizer(
                "this library has no $kind vocabulary: update it",
            )
        }

        private fun unknownId(settings: JsonObject, vocabulary: Vocabulary): Int =
            settings.count("unk_id", least = 0).also {
                if (it >= vocabulary.size) throw JsonException("the vocabulary has no 'unk_id'")
            }
    }
}
