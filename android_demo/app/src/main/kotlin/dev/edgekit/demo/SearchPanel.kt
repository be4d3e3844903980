package dev.edgekit.demo

import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import android.widget.ProgressBar
import android.widget.TextView
import dev.edgekit.android.EdgeModel
import dev.edgekit.core.SearchIndex

/** A search by meaning over the app's own sentences. */
class SearchPanel(
    private val root: View,
    private val run: (suspend (EdgeModel) -> Unit) -> Unit,
) {
    private val context = root.context
    private val sentences = sentences()
    private var index: SearchIndex? = null

    init {
        root.view<EditText>(R.id.query).setText(R.string.sample_query)
        root.view<Button>(R.id.index).setOnClickListener { run(::index) }
        root.view<Button>(R.id.search).setOnClickListener { run(::search) }
        root.view<Button>(R.id.search).isEnabled = false
    }

    private suspend fun index(model: EdgeModel) {
        val bar = root.view<ProgressBar>(R.id.indexed)
        bar.isShown(true)
        val start = System.nanoTime()
        index = model.index(sentences) { done ->
            bar.showPortion(done.toFloat() / sentences.size)
        }
        val seconds = (System.nanoTime() - start) / 1e9
        bar.isShown(false)
        root.view<TextView>(R.id.state).text =
            context.getString(R.string.search_ready, sentences.size, digits(seconds, 1))
        root.view<Button>(R.id.index).isShown(false)
        root.view<Button>(R.id.search).isEnabled = true
    }

    private suspend fun search(model: EdgeModel) {
        val hits = model.search(root.view<EditText>(R.id.query).text.toString(), index ?: return)
        val list = root.view<ViewGroup>(R.id.hits)
        list.removeAllViews()
        for (hit in hits) list.addScore(sentences[hit.index], digits(hit.score, 3), hit.score)
    }

    private fun sentences(): List<String> {
        val (who, what, where) = listOf(R.array.search_who, R.array.search_what, R.array.search_where)
            .map { context.resources.getStringArray(it).toList() }
        return who.flatMap { one ->
            what.flatMap { other ->
                where.map { context.getString(R.string.search_sentence, one, other, it) }
            }
        }
    }
}
