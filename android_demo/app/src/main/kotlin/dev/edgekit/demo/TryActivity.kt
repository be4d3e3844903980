package dev.edgekit.demo













            FileChoice(view(R.id.file), Runtimes.files(bundle)).onChoice(::open)
            SearchPanel(view<ViewGroup>(R.id.more).add(R.layout.search), scope, ::withModel)
            form = AskForm(view(R.id.page), page, bundle)
            getString(R.string.try_windowed, result.windows)
            page = TaskPage.of(bundle.manifest.task) ?: return@start
            render(TryState.Running(bundleName, open.artifact.file))
            resources.getQuantityString(R.plurals.try_left_out, result.leftOut, result.leftOut)
            showBusy(false)
            showForm(bundle.manifest.task)
            state !is TryState.NoModel && state !is TryState.Preparing
            use(open)
            val bundle = openBundle()
        else -> null
        if (state is TryState.Done) show(state.texts, state.result)
        if (state is TryState.Ready) view<TextView>(R.id.timing).text = state.runtime
        if (task == "sentence-similarity") {
        job = work(::fail, block)
        job?.cancel()
        model = null
        model = opened
        model?.close()
        model?.close()
        page.show(into, texts, result.answer)
        render(TryState.Done(texts, open.ask(texts)))
        render(TryState.NoModel)
        render(TryState.Preparing(bundleName, artifact.file))
        render(TryState.Ready(bundleName, artifact.file, opened.runtime))
        result.leftOut > 0 ->
        result.windows > 1 && page.form == R.layout.ask_question ->
        showBusy(state is TryState.Preparing || state is TryState.Running)
        showProblem((state as? TryState.Failed)?.error)
        start {
        start {
        super.onCreate(state)
        super.onDestroy()
        val into: View = view<ViewGroup>(R.id.answer).replace(page.result)
        val open = model ?: return
        val opened = EdgeModel.open(this, bundleName, artifact.file)
        val texts = form.texts()
        view<Button>(R.id.ask).isEnabled =
        view<Button>(R.id.ask).setOnClickListener { withModel(::ask) }
        view<Button>(R.id.sample).setOnClickListener { form.fillWithSample() }
        view<TextView>(R.id.notice).showText(notice(result))
        view<TextView>(R.id.timing).text = timing(result)
        }
        }
        }
    /** Starts work instead of what still runs. */
    override fun onCreate(state: Bundle?) {
    override fun onDestroy() {
    private fun fail(error: EdgekitError) = render(TryState.Failed(error))
    private fun notice(result: Answered<Answer>): String? = when {
    private fun open(artifact: Artifact) = start {
    private fun render(state: TryState) {
    private fun show(texts: List<String>, result: Answered<Answer>) {
    private fun showForm(task: String) {
    private fun start(block: suspend () -> Unit) {
    private fun withModel(use: suspend (EdgeModel) -> Unit) {
    private lateinit var form: AskForm
    private lateinit var page: TaskPage
    private suspend fun ask(open: EdgeModel) {
    private var job: Job? = null
    private var model: EdgeModel? = null
    }
    }
    }
    }
    }
    }
    }
    }
    }
    }
/** Asks a model. */
class TryActivity : ScreenActivity(R.layout.activity_try) {
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
}
