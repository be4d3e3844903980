package dev.edgekit.demo

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import dev.edgekit.core.Answer
import dev.edgekit.core.Bundle
import dev.edgekit.core.Tagging

/** A text with its entities marked, a colour each kind, and the list of them. */
object EntitiesPage : TaskPage {
    override val title = R.string.task_token_classification
    override val result = R.layout.answer_entities

    override fun samples(context: Context, bundle: Bundle) =
        listOf(context.getString(R.string.sample_entities))

    override fun show(into: View, texts: List<String>, answer: Answer) {
        val entities = (answer as Tagging).entities
        val kinds = entities.map { it.label }.distinct()
        val marks = Marks(into.context, texts[0])
        for (entity in entities) marks.entity(entity.characters, kinds.indexOf(entity.label))
        into.view<TextView>(R.id.marked).text =
            if (entities.isEmpty()) into.context.getText(R.string.try_no_entity) else marks.text
        val scores = into.view<ViewGroup>(R.id.scores)
        for (entity in entities) {
            scores.addScore("${entity.text} (${entity.label})", percent(entity.score), entity.score)
        }
    }

    override fun decision(answer: Answer) =
        (answer as Tagging).entities.map { it.text to it.label }

    override fun summary(context: Context, answer: Answer): String {
        val entities = (answer as Tagging).entities
        if (entities.isEmpty()) return context.getString(R.string.try_no_entity)
        return entities.joinToString("\n") { "${it.text} (${it.label}, ${percent(it.score)})" }
    }
}
