package dev.edgekit.core

/** A bundle's tokenizer: texts become the ids that the model was trained with, on every phone. */
public class Tokenizer private constructor(
    private val vocabulary: Vocabulary,
    private val model: Model,
    private val normalizers: List<Normalizer>,
    private val preTokenizers: List<PreTokenizer>,
    private val added: Added,
    private val templates: List<Template>,
    private val trimming: Trimming,
    internal val marks: CodePointSet,
) {
    /** Tokens that are sought in a text as it was given, in the normalised one, and their names. */
    private class Added(
        val given: AddedTokens,
        val normalized: AddedTokens,
        val names: Map<Int, String>,
    )

    private class Trimming(val trims: Boolean, val hasPrefix: Boolean)

    /**
     * One row of ids for one text or a pair, with special tokens.
     *
     * @param texts one or two
     * @param maxLength tokens that are kept, special ones included
     * @param strategy which text loses tokens
     * @param side where it loses them
     * @throws EdgekitError.UnsupportedTask there are none, or more than two
     * @throws EdgekitError.QuestionTooLong the text that may not be cut is too long
     */
    public fun encode(
        texts: List<String>,
        maxLength: Int,
        strategy: Truncation = Truncation.LONGEST_FIRST,
        side: Side = Side.RIGHT,
    ): Encoding {
        if (texts.size !in 1..templates.size) {
            throw EdgekitError.UnsupportedTask("a row has one or two texts, not ${texts.size}")
        }
        return row(texts.map(::tokens), maxLength, strategy, side)
    }

    /** The vocabulary's entry of an id, as it stands there. */
    public fun token(id: Int): String = added.names[id] ?: vocabulary.token(id)

    /** Special tokens of a row of so many texts. */
    internal fun specialTokens(texts: Int): Int = templates[texts - 1].specialTokens

    /** A row of texts that are cut to fit. */
    internal fun row(
        texts: List<Tokens>,
        maxLength: Int,
        strategy: Truncation,
        side: Side,
    ): Encoding {
        val room = maxOf(0, maxLength - specialTokens(texts.size))
        val kept = strategy.kept(texts.map { it.size }, room)
        return filled(
            texts.mapIndexed { index, tokens ->
                val first = if (side == Side.LEFT) tokens.size - kept[index] else 0
                tokens.slice(first until first + kept[index])
            },
        )
    }

    /** A row of texts that fit. */
    internal fun filled(texts: List<Tokens>): Encoding = templates[texts.size - 1].filled(
        if (trimming.trims) texts.map { it.trimmed(trimming.hasPrefix) } else texts,
    )

    /** All tokens of one text, without special ones. */
    internal fun tokens(text: String): Tokens {
        val tokens = TokenList()
        for (part in added.given.cut(Normalized.of(CodePoints(text)))) {
            if (part.isToken) add(part, added.given, tokens) else tokenize(part.text, tokens)
        }
        return tokens.done()
    }

    private fun tokenize(text: Normalized, tokens: TokenList) {
        val normalized = normalizers.fold(text) { made, step ->
            if (made.size == 0) made else step.normalize(made)
        }
        for (part in added.normalized.cut(normalized)) {
            if (part.isToken) {
                add(part, added.normalized, tokens)
                continue
            }
            for (word in words(part.text)) {
                tokens.nextWord()
                model.tokenize(word, tokens)
            }
        }
    }

    private fun add(part: Part, from: AddedTokens, tokens: TokenList) {
        tokens.nextWord()
        from.add(part, tokens)
    }

    private fun words(text: Normalized): List<Normalized> =
        preTokenizers.fold(listOf(text)) { pieces, step ->
            pieces.flatMap(step::split).filter { it.size > 0 }
        }

    internal companion object {
        private const val VERSION = 1

        /** Reads the tokenizer's two files. */
        fun read(bundle: Bundle, facts: TokenizerFacts): Tokenizer {
            val vocabulary = bundle.read(facts.vocabulary.file) { Vocabulary.read(it) }
            return bundle.readJson(facts.settings.file) { parse(it.readRoot(), vocabulary) }
        }

        private fun parse(root: JsonObject, vocabulary: Vocabulary): Tokenizer {
            if (root.int("version") != VERSION) {
                throw EdgekitError.UnsupportedTokenizer(
                    "the tokenizer's files have version ${root.int("version")} and this library " +
                        "reads $VERSION: update it",
                )
            }
            val tables = CharacterTables(root.child("characters"))
            val offsets = root.child("offsets")
            return Tokenizer(
                vocabulary,
                Model.of(root.text("kind"), root.child("model"), vocabulary),
                root.children("normalizer").map { Normalizers.of(it, tables) },
                root.children("pre_tokenizer").map { PreTokenizers.of(it, tables) },
                added(root.children("added_tokens"), tables.blanks),
                templates(root),
                Trimming(offsets.flag("trim"), offsets.flag("add_prefix_space")),
                tables.marks,
            )
        }

        private fun templates(root: JsonObject): List<Template> {
            val ids = root.map<Double>("special_ids").mapValues { it.value.toInt() }
            val rows = root.child("template")
            return listOf("single", "pair").mapIndexed { place, name ->
                Template(rows.texts(name), ids, texts = place + 1)
            }
        }

        private fun added(rows: List<JsonObject>, blanks: CodePointSet): Added {
            fun sought(isNormalized: Boolean) = AddedTokens(
                rows.filter { it.flag("normalized") == isNormalized }.map {
                    AddedToken(
                        it.int("id"),
                        it.text("sought").toCodePoints(),
                        it.flag("lstrip"),
                        it.flag("rstrip"),
                    )
                },
                blanks,
            )
            val names = rows.associate { it.int("id") to it.text("content") }
            return Added(sought(isNormalized = false), sought(isNormalized = true), names)
        }
    }
}
