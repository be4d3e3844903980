package dev.edgekit.demo

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import dev.edgekit.core.Answer
import dev.edgekit.core.Bundle
import dev.edgekit.core.QuestionAnswer

/** A passage, a question, the passage with its answer marked, and the best spans. */
object QuestionPage : TaskPage {
    override val title = R.string.task_question_answering
    override val form = R.layout.ask_question
    override val result = R.layout.answer_passage
    override val isSecondOptional = false

    override fun samples(context: Context, bundle: Bundle) =
        listOf(R.string.sample_question, R.string.sample_passage).map(context::getString)

    override fun show(into: View, texts: List<String>, answer: Answer) {
        val found = answer as QuestionAnswer
        into.view<TextView>(R.id.best).text = best(into.context, found)
        val passage = Marks(into.context, texts[1])
        found.best?.let { passage.answer(it.characters) }
        into.view<TextView>(R.id.marked).text = passage.text
        val scores = into.view<ViewGroup>(R.id.scores)
        for (span in found.spans) {
            scores.addScore(span.text, percent(span.probability), span.probability)
        }
    }

    override fun decision(answer: Answer) = (answer as QuestionAnswer).best?.text.orEmpty()

    override fun summary(context: Context, answer: Answer): String {
        val found = answer as QuestionAnswer
        val share = found.best?.let { " (${percent(it.probability)})" }.orEmpty()
        return best(context, found) + share
    }

    private fun best(context: Context, found: QuestionAnswer): String =
        found.best?.text ?: context.getString(R.string.try_no_answer)
}
