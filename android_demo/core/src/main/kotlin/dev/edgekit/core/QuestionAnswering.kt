package dev.edgekit.core

/**
 * A piece of the passage that may be the answer.
 *
 * @property start in Unicode code points of the passage
 * @property end likewise, the first behind it
 * @property characters the same as places in the passage's UTF-16 units, as a `String` counts
 * @property score the sum of two logits
 * @property probability its share among the best spans and no answer
 */
public data class Span(
    val text: String,
    val start: Int,
    val end: Int,
    val characters: IntRange,
    val score: Float,
    val probability: Float,
) {
    internal fun toJson() = mapOf(
        "text" to text,
        "start" to start,
        "end" to end,
        "score" to score,
        "probability" to probability,
    )
}

/**
 * The answer of a question answering.
 *
 * @property best the span to show; null for no answer
 * @property spans from best to worst, no two of the same text
 * @property nullScore the score of no answer
 */
public data class QuestionAnswer(val best: Span?, val spans: List<Span>, val nullScore: Float) :
    Answer {
    override fun toJson(): Map<String, Any?> = mapOf(
        "best" to best?.toJson(),
        "spans" to spans.map { it.toJson() },
        "null_score" to nullScore,
    )
}

/** From logits to spans. */
internal class QuestionAnswering(
    private val settings: Postprocessing,
    private val mending: Mending,
) {
    /** One row of question and passage with a logit for each of its tokens. */
    class Window(val row: Encoding, val startLogits: FloatArray, val endLogits: FloatArray) {
        val nullScore: Float get() = startLogits[0] + endLogits[0]
    }

    /** The [top] best spans of a passage that the windows cover. */
    fun answer(windows: List<Window>, passage: CodePoints, top: Int): QuestionAnswer {
        val nullScore = windows.minOf { it.nullScore }
        val best = distinct(Candidates(windows, settings.maxAnswerTokens).ranked(), passage)
        val shares = softmax((best.map { it.score } + nullScore).toFloatArray())
        val spans = best.take(top).mapIndexed { rank, each ->
            val (start, end) = each.piece
            val characters = passage.characters(start, end)
            Span(passage.piece(start, end), start, end, characters, each.score, shares[rank])
        }
        val shown = spans.firstOrNull()?.takeUnless { isSilent(it, nullScore) }
        return QuestionAnswer(shown, spans, nullScore)
    }

    /** Whether no answer beats the best span by more than the threshold. */
    private fun isSilent(best: Span, nullScore: Float): Boolean {
        val threshold = settings.nullThreshold ?: return false
        return nullScore - best.score > threshold
    }

    /** The first 20 that are not empty and do not repeat the text of a better one. */
    private fun distinct(from: Sequence<Candidate>, passage: CodePoints): List<Candidate> {
        val kept = LinkedHashMap<String, Candidate>()
        for (each in from) {
            val piece = mending.mended(passage, each.piece)
            if (piece.isEmpty) continue
            val text = passage.piece(piece.start, piece.end)
            if (text !in kept) kept[text] = Candidate(piece, each.score)
            if (kept.size == N_BEST) break
        }
        return kept.values.toList()
    }

    companion object {
        const val MAX_ANSWER_TOKENS = 30
        private const val N_BEST = 20
    }
}
