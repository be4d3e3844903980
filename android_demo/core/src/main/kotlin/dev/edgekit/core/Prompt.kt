package dev.edgekit.core

/**
 * What one question to a model is made of.
 *
 * @property rows one, or one a window of a long passage, or one a text
 * @property leftOut tokens that did not fit
 */
internal class Prompt(texts: List<String>, val rows: List<Encoding>, val leftOut: Int) {
    private val texts = texts.map(::CodePoints)

    fun text(index: Int): CodePoints = texts[index]
}

/**
 * Makes prompts: the rows that a task asks a model about texts.
 *
 * @param maxLength tokens of a row, special ones included
 */
internal class Prompter(
    private val manifest: Manifest,
    private val tokenizer: Tokenizer,
    private val maxLength: Int = manifest.maxLength,
) {
    private val task = Task.named(manifest.task)
    private val side = manifest.tokenizer?.truncationSide ?: Side.RIGHT

    /**
     * @param roles of each text that becomes a vector: what stands before it, and what its row is
     * @throws EdgekitError.UnsupportedTask too many or too few texts
     * @throws EdgekitError.EmptyText no token is left of one of them
     * @throws EdgekitError.QuestionTooLong it leaves no room for the passage
     */
    fun prompt(texts: List<String>, roles: List<String?> = task.roles(texts.size)): Prompt {
        if (texts.size !in task.counts) {
            throw EdgekitError.UnsupportedTask(
                "${task.title} takes ${task.wanted}, not ${texts.size}",
            )
        }
        return when (task.asks) {
            Task.Asks.TOGETHER -> together(texts, texts.map(tokenizer::tokens))
            Task.Asks.EACH -> each(texts, roles)
            Task.Asks.IN_WINDOWS -> windows(texts, texts.map(tokenizer::tokens))
        }
    }

    private fun together(
        texts: List<String>,
        tokens: List<Tokens>,
        length: Int = maxLength,
    ): Prompt {
        val row = tokenizer.row(tokens, length, Truncation.LONGEST_FIRST, side)
        if (row.size == 0) throw empty("text")
        return Prompt(texts, listOf(row), tokens.sumOf { it.size } - own(row))
    }

    private fun each(texts: List<String>, roles: List<String?>): Prompt {
        val prompted = texts.zip(roles) { text, role -> manifest.prompt(role) + text }
        val parts = prompted.zip(roles.map(manifest::role)) { text, role -> alone(text, role) }
        return Prompt(prompted, parts.map { it.rows[0] }, parts.sumOf { it.leftOut })
    }

    private fun alone(text: String, role: Role): Prompt {
        val length = minOf(maxLength, role.maxLength ?: maxLength)
        val part = together(listOf(text), listOf(tokenizer.tokens(text)), length)
        val row = role.shaped(part.rows[0])
        if (row.skipped.size == row.size) throw empty("text")
        return Prompt(listOf(text), listOf(row), part.leftOut)
    }

    private fun windows(texts: List<String>, tokens: List<Tokens>): Prompt {
        val (question, passage) = tokens
        if (question.size == 0) throw empty("question")
        if (passage.size == 0) throw empty("passage")
        val room = maxLength - question.size - tokenizer.specialTokens(texts = 2)
        if (room < 1) {
            throw EdgekitError.QuestionTooLong(
                "the question has ${question.size} tokens and leaves no room for a passage in " +
                    "$maxLength: ask a shorter one",
            )
        }
        val rows = Windows.of(passage.size, room).map { window ->
            tokenizer.filled(listOf(question, passage.slice(window)))
        }
        return Prompt(texts, rows, leftOut = 0)
    }

    private fun own(row: Encoding) = (0 until row.size).count { !row.isSpecial(it) }

    private fun empty(what: String) =
        EdgekitError.EmptyText("the $what is empty: no token is left of it")
}
