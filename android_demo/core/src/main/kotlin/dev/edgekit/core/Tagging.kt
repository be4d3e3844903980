package dev.edgekit.core

/**
 * A piece of a text with its label.
 *
 * @property start in Unicode code points of the text
 * @property end likewise, the first behind it
 * @property characters the same as places in the text's UTF-16 units, as a `String` counts
 * @property score its probability
 */
public data class Entity(
    val label: String,
    val text: String,
    val start: Int,
    val end: Int,
    val characters: IntRange,
    val score: Float,
) {
    internal fun toJson() =
        mapOf("label" to label, "text" to text, "start" to start, "end" to end, "score" to score)
}

/**
 * The answer of a token classification.
 *
 * @property entities labelled without B- and I-
 * @property words every word with its full label
 */
public data class Tagging(val entities: List<Entity>, val words: List<Entity>) : Answer {
    override fun toJson(): Map<String, Any?> =
        mapOf("entities" to entities.map { it.toJson() }, "words" to words.map { it.toJson() })
}

/**
 * From logits to entities.
 *
 * @param names of the model's labels
 */
internal class Tagger(private val names: List<String>, private val mending: Mending) {
    private val hasPrefixes = names.any(::isPrefixed)
    private val standAlone = !hasPrefixes && OUTSIDE !in names

    /** From logits of shape (tokens, labels). */
    fun tag(logits: Tensor, row: Encoding, text: CodePoints): Tagging {
        val words = wordsOf(row).mapNotNull { word(logits, row, it, text) }
        return Tagging(runsOf(words).map { entity(it, text) }, words)
    }

    /** First and last token of each word: neighbours of one number. */
    private fun wordsOf(row: Encoding): List<IntRange> {
        val found = ArrayList<IntRange>()
        var open = Encoding.SPECIAL
        for (token in 0 until row.size) {
            if (row.isSpecial(token)) continue
            if (found.isNotEmpty() && row.wordIds[token] == open) {
                found[found.lastIndex] = found.last().first..token
            } else {
                found.add(token..token)
                open = row.wordIds[token]
            }
        }
        return found
    }

    private fun word(logits: Tensor, row: Encoding, tokens: IntRange, text: CodePoints): Entity? {
        val piece = mending.mended(text, Piece(row.starts[tokens.first], row.ends[tokens.last]))
        if (piece.isEmpty) return null
        val scores = logits.row(tokens.first)
        val best = ranked(scores, top = 1).single()
        return entity(names[best], piece, softmax(scores)[best], text)
    }

    /** Words that form an entity, in order. */
    private fun runsOf(words: List<Entity>): List<List<Entity>> {
        val runs = ArrayList<MutableList<Entity>>()
        var open: String? = null
        for (word in words) {
            val kind = kindOf(word.label)
            when {
                word.label == OUTSIDE -> open = null
                standAlone || kind != open || begins(word.label) -> {
                    runs.add(arrayListOf(word))
                    open = kind
                }
                else -> runs.last().add(word)
            }
        }
        return runs
    }

    private fun entity(run: List<Entity>, text: CodePoints): Entity {
        val score = run.map { it.score.toDouble() }.average().toFloat()
        return entity(kindOf(run[0].label), Piece(run[0].start, run.last().end), score, text)
    }

    private fun entity(label: String, piece: Piece, score: Float, text: CodePoints): Entity {
        val (start, end) = piece
        return Entity(label, text.piece(start, end), start, end, text.characters(start, end), score)
    }

    private fun begins(label: String) = hasPrefixes && label.startsWith("B-")

    private fun kindOf(label: String) =
        if (hasPrefixes && isPrefixed(label)) label.drop(2) else label

    private fun isPrefixed(label: String) = label.startsWith("B-") || label.startsWith("I-")

    private companion object {
        const val OUTSIDE = "O"
    }
}
