package dev.edgekit.core

/**
 * What a model is for, and so how it is asked.
 *
 * @property title as manifests name it
 * @property counts of texts that one question has
 * @property asks how the texts become rows
 */
public enum class Task(
    public val title: String,
    internal val counts: IntRange,
    internal val asks: Asks,
) {
    QUESTION_ANSWERING("question-answering", 2..2, Asks.IN_WINDOWS),
    TEXT_CLASSIFICATION("text-classification", 1..2, Asks.TOGETHER),
    TOKEN_CLASSIFICATION("token-classification", 1..1, Asks.TOGETHER),
    FILL_MASK("fill-mask", 1..1, Asks.TOGETHER),
    SENTENCE_SIMILARITY("sentence-similarity", 1..2, Asks.EACH),
    SPARSE_EMBEDDING("sparse-embedding", 1..2, Asks.EACH),
    LATE_INTERACTION("late-interaction", 1..2, Asks.EACH),
    FEATURE_EXTRACTION("feature-extraction", 1..1, Asks.TOGETHER),
    ;

    /** How many texts it takes, in words. */
    internal val wanted: String
        get() = when (counts) {
            1..1 -> "one text"
            2..2 -> "two texts"
            else -> "one or two texts"
        }

    /** The roles of the texts of one question; null: none. */
    internal fun roles(count: Int): List<String?> = when {
        this == LATE_INTERACTION && count == 2 -> listOf("query", "document")
        else -> List(count) { null }
    }

    /** How the texts of one question become rows of ids. */
    internal enum class Asks { TOGETHER, EACH, IN_WINDOWS }

    internal companion object {
        /** @throws EdgekitError.UnsupportedTask it is of a later edgekit */
        fun named(title: String): Task = entries.firstOrNull { it.title == title }
            ?: throw EdgekitError.UnsupportedTask(
                "this library has no task $title: update it, or convert for another task",
            )
    }
}
