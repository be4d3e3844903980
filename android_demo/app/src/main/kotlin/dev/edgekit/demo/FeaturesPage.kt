package dev.edgekit.demo

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import dev.edgekit.core.Answer
import dev.edgekit.core.Bundle
import dev.edgekit.core.Features
import kotlin.math.sqrt

/** A text's tokens, each with the length of its vector. */
object FeaturesPage : TaskPage {
    override val title = R.string.task_feature_extraction

    override fun samples(context: Context, bundle: Bundle) =
        listOf(context.getString(R.string.sample_sentence))

    override fun show(into: View, texts: List<String>, answer: Answer) {
        into.view<TextView>(R.id.best).text = summary(into.context, answer)
        val tokens = (answer as Features).tokens
        val lengths = tokens.map { token -> sqrt(token.vector.sumOf { it.toDouble() * it }).toFloat() }
        val largest = lengths.maxOrNull() ?: return
        val scores = into.view<ViewGroup>(R.id.scores)
        for ((token, length) in tokens.zip(lengths)) {
            scores.addScore(token.text, digits(length, 2), length / largest)
        }
    }

    override fun summary(context: Context, answer: Answer): String {
        val tokens = (answer as Features).tokens
        val width = tokens.firstOrNull()?.vector?.size ?: 0
        return context.getString(R.string.try_tokens, tokens.size, width)
    }
}
