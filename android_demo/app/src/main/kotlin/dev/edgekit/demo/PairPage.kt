package dev.edgekit.demo

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import dev.edgekit.core.Answer
import dev.edgekit.core.Bundle
import dev.edgekit.core.Embedding
import dev.edgekit.core.LateInteraction
import dev.edgekit.core.Similarity
import dev.edgekit.core.SparseEmbedding

/** Two texts and how alike they are, or one and its vector. */
class PairPage(override val title: Int) : TaskPage {
    override val form = R.layout.ask_pair

    override fun samples(context: Context, bundle: Bundle) =
        listOf(R.string.sample_sentence, R.string.sample_other_sentence).map(context::getString)

    override fun show(into: View, texts: List<String>, answer: Answer) {
        into.view<TextView>(R.id.best).text = summary(into.context, answer)
        val scores = into.view<ViewGroup>(R.id.scores)
        val weights = (answer as? SparseEmbedding)?.weights.orEmpty()
        val largest = weights.firstOrNull()?.weight ?: return
        for (each in weights) {
            scores.addScore(each.token, digits(each.weight, 2), each.weight / largest)
        }
    }

    override fun summary(context: Context, answer: Answer): String = when (answer) {
        is Similarity -> context.getString(R.string.try_similarity, digits(answer.similarity, 3))
        is Embedding -> context.getString(
            R.string.try_values,
            answer.vector.size,
            answer.vector.count { it != 0f },
        )
        is SparseEmbedding ->
            context.getString(R.string.try_values, answer.vector.size, answer.nonzero)
        is LateInteraction -> context.getString(
            R.string.try_tokens,
            answer.vectors.size,
            answer.vectors.firstOrNull()?.size ?: 0,
        )
        else -> throw IllegalArgumentException("no answer of this task")
    }
}
