package dev.edgekit.demo

import android.content.Context
import android.text.format.Formatter
import android.view.View
import android.widget.TextView
import dev.edgekit.android.Runtimes
import dev.edgekit.android.StoredBundle
import dev.edgekit.core.Bundle
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.ModelRow

/**
 * A bundle in the list, or why it cannot be opened.
 *
 * @property row what there is to say of it; null where [problem] says why not
 */
class ModelCard private constructor(
    val stored: StoredBundle,
    val row: ModelRow?,
    private val maxLength: Int,
    private val problem: EdgekitError?,
) {
    /** Fills the layout `item_model`. */
    fun show(view: View) {
        val context = view.context
        view.view<TextView>(R.id.name).text = stored.name
        view.view<TextView>(R.id.task).showText(row?.let { task(context, it) })
        view.view<TextView>(R.id.facts).showText(row?.let { facts(context, it) })
        view.view<View>(R.id.random).isShown(row?.hasRandomWeights == true)
        view.view<TextView>(R.id.problem).showText(problem?.let(context::words))
        for (button in ACTIONS) view.view<View>(button).isShown(!row?.files.isNullOrEmpty())
    }

    private fun task(context: Context, row: ModelRow): String {
        val title = TaskPage.of(row.task)?.let { context.getString(it.title) } ?: row.task
        return context.getString(R.string.up_to_tokens, title, maxLength)
    }

    private fun facts(context: Context, row: ModelRow): String {
        val names = Runtimes.all.joinToString { it.name }
        val files = row.files.joinToString { context.words(it) }
        return context.getString(
            R.string.models_facts,
            Formatter.formatShortFileSize(context, row.files.sumOf { it.sizeBytes }),
            files.ifEmpty { context.getString(R.string.models_no_file, names) },
            row.origin,
            row.license ?: context.getString(R.string.licence_unknown),
        )
    }

    companion object {
        private val ACTIONS =
            listOf(R.id.open_try, R.id.open_self_test, R.id.open_compare, R.id.open_measure)

        /** Reads a bundle's manifest. */
        fun of(stored: StoredBundle): ModelCard = try {
            val bundle = stored.open()
            ModelCard(stored, row(bundle), bundle.manifest.maxLength, problem = null)
        } catch (error: EdgekitError) {
            ModelCard(stored, row = null, maxLength = 0, problem = error)
        }

        private fun row(bundle: Bundle): ModelRow = with(bundle.manifest) {
            ModelRow(name, task, Runtimes.files(bundle), license, origin, hasRandomWeights)
        }
    }
}
