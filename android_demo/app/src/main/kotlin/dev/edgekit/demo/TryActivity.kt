package dev.edgekit.demo

import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.TextView
import dev.edgekit.android.EdgeModel
import dev.edgekit.android.Runtimes
import dev.edgekit.core.Answer
import dev.edgekit.core.Answered
import dev.edgekit.core.Artifact
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.TryState
import kotlinx.coroutines.Job

/** Asks a model. */
class TryActivity : ScreenActivity(R.layout.activity_try) {
    private var model: EdgeModel? = null
    private var job: Job? = null
    private lateinit var page: TaskPage
    private lateinit var form: AskForm

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        render(TryState.NoModel)
        start {
            val bundle = openBundle()
            page = TaskPage.of(bundle.manifest.task) ?: return@start
            form = AskForm(view(R.id.page), page, bundle)
            showForm(bundle.manifest.task)
            FileChoice(view(R.id.file), Runtimes.files(bundle)).onChoice(::open)
        }
    }

    override fun onDestroy() {
        super.onDestroy()
        model?.close()
    }

    private fun showForm(task: String) {
        view<Button>(R.id.ask).setOnClickListener { withModel(::ask) }
        view<Button>(R.id.sample).setOnClickListener { form.fillWithSample() }
        if (task == "sentence-similarity") {
            SearchPanel(view<ViewGroup>(R.id.more).add(R.layout.search), ::withModel)
        }
    }

    private fun open(artifact: Artifact) = start {
        model?.close()
        model = null
        render(TryState.Preparing(bundleName, artifact.file))
        val opened = EdgeModel.open(this, bundleName, artifact.file)
        model = opened
        render(TryState.Ready(bundleName, artifact.file, opened.runtime))
    }

    private fun withModel(use: suspend (EdgeModel) -> Unit) {
        val open = model ?: return
        start {
            render(TryState.Running(bundleName, open.artifact.file))
            use(open)
            showBusy(false)
        }
    }

    private suspend fun ask(open: EdgeModel) {
        val texts = form.texts()
        render(TryState.Done(texts, open.ask(texts)))
    }

    /** Starts work instead of what still runs. */
    private fun start(block: suspend () -> Unit) {
        job?.cancel()
        job = work(::fail, block)
    }

    private fun fail(error: EdgekitError) = render(TryState.Failed(error))

    private fun render(state: TryState) {
        showBusy(state is TryState.Preparing || state is TryState.Running)
        view<Button>(R.id.ask).isEnabled =
            state !is TryState.NoModel && state !is TryState.Preparing
        showProblem((state as? TryState.Failed)?.error)
        if (state is TryState.Ready) view<TextView>(R.id.timing).text = state.runtime
        if (state is TryState.Done) show(state.texts, state.result)
    }

    private fun show(texts: List<String>, result: Answered<Answer>) {
        val into: View = view<ViewGroup>(R.id.answer).replace(page.result)
        page.show(into, texts, result.answer)
        view<TextView>(R.id.notice).showText(notice(result))
        view<TextView>(R.id.timing).text = timing(result)
    }

    private fun notice(result: Answered<Answer>): String? = when {
        result.leftOut > 0 ->
            resources.getQuantityString(R.plurals.try_left_out, result.leftOut, result.leftOut)
        result.windows > 1 && page.form == R.layout.ask_question ->
            getString(R.string.try_windowed, result.windows)
        else -> null
    }
}
