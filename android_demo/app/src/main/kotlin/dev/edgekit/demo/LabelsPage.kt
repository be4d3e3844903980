package dev.edgekit.demo

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import dev.edgekit.core.Answer
import dev.edgekit.core.Bundle
import dev.edgekit.core.Classification
import dev.edgekit.core.Label

/** A text or two, and a bar for each label. */
object LabelsPage : TaskPage {
    override val title = R.string.task_text_classification
    override val form = R.layout.ask_pair

    override fun samples(context: Context, bundle: Bundle) =
        listOf(context.getString(R.string.sample_review), "")

    override fun show(into: View, texts: List<String>, answer: Answer) {
        val found = answer as Classification
        into.view<TextView>(R.id.best).showText(chosen(into.context, found))
        val scores = into.view<ViewGroup>(R.id.scores)
        for (each in found.labels) {
            scores.addScore(each.label, value(found, each), if (isRegression(found)) 0f else each.score)
        }
    }

    override fun decision(answer: Answer) = (answer as Classification).chosen

    override fun summary(context: Context, answer: Answer): String {
        val found = answer as Classification
        val rows = found.labels.map { "${it.label}: ${value(found, it)}" }
        return (listOfNotNull(chosen(context, found)) + rows).joinToString("\n")
    }

    private fun chosen(context: Context, found: Classification): String? = when {
        isRegression(found) -> null
        found.chosen.isEmpty() -> context.getString(R.string.try_none_chosen)
        else -> context.getString(R.string.try_chosen, found.chosen.joinToString())
    }

    private fun value(found: Classification, label: Label): String =
        if (isRegression(found)) digits(label.score, 3) else percent(label.score)

    private fun isRegression(found: Classification) = found.problemType == "regression"
}
