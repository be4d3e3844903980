package dev.edgekit.demo












                if (state.files.size == 1) verdict.setText(R.string.compare_one_file)
                listOf(state.first, state.second).zip(SIDES, ::show)
                model.ask(texts)
                model.ask(texts) // the first answer of a file is slower than all others
                verdict.text = verdict(page.decision(state.first.answer), page.decision(state.second.answer))
                view<Button>(R.id.start).isEnabled = state.files.isNotEmpty()
            EdgeModel.open(this, bundleName, file).use { model ->
            Side(R.id.left, R.id.left_title, R.id.left_answer, R.id.left_timing),
            Side(R.id.right, R.id.right_title, R.id.right_answer, R.id.right_timing),
            else -> verdict.text = ""
            getString(R.string.milliseconds, milliseconds(result.latencyMs))
            is CompareState.Choosing -> {
            is CompareState.Done -> {
            view<LinearLayout>(R.id.columns).orientation = LinearLayout.VERTICAL
            }
            }
            }
        )
        /** From this size of letters on the columns stand one below the other. */
        choices = SIDES.map { FileChoice(view(it.choice), files) }
        choices[1].choose(1)
        const val LARGE = 1.3f
        else -> getString(R.string.compare_different)
        first == null || second == null -> ""
        first == second -> getString(R.string.compare_same)
        form = AskForm(view(R.id.page), page, bundle)
        if (resources.configuration.fontScale >= LARGE) {
        page = TaskPage.of(bundle.manifest.task) ?: return
        render(CompareState.Choosing(files))
        render(CompareState.Done(first, second))
        render(CompareState.Running(files[0], files[1]))
        showBusy(state is CompareState.Running)
        showProblem((state as? CompareState.Failed)?.error)
        super.onCreate(state)
        val (first, second) = files.map { file ->
        val SIDES = listOf(
        val file = choices[SIDES.indexOf(side)].file
        val files = Runtimes.files(bundle)
        val files = choices.mapNotNull { it.file?.file }
        val texts = form.texts()
        val verdict = view<TextView>(R.id.verdict)
        view<Button>(R.id.start).isEnabled = state !is CompareState.Running
        view<Button>(R.id.start).setOnClickListener { work(::fail, ::compare) }
        view<TextView>(side.answer).text = page.summary(this, result.answer)
        view<TextView>(side.timing).text =
        view<TextView>(side.title).text = file?.file
        when (state) {
        work(::fail) { begin(openBundle()) }
        }
        }
        }
    override fun onCreate(state: Bundle?) {
    private class Side(val choice: Int, val title: Int, val answer: Int, val timing: Int)
    private companion object {
    private fun begin(bundle: ModelBundle) {
    private fun fail(error: EdgekitError) = render(CompareState.Failed(error))
    private fun render(state: CompareState) {
    private fun show(result: Answered<Answer>, side: Side) {
    private fun verdict(first: Any?, second: Any?): String = when {
    private lateinit var choices: List<FileChoice>
    private lateinit var form: AskForm
    private lateinit var page: TaskPage
    private suspend fun compare() {
    }
    }
    }
    }
    }
    }
    }
/** Two files answer the same text, side by side. */
class CompareActivity : ScreenActivity(R.layout.activity_compare) {
import android.os.Bundle
import android.widget.Button
import android.widget.LinearLayout
import android.widget.TextView
import dev.edgekit.android.EdgeModel
import dev.edgekit.android.Runtimes
import dev.edgekit.core.Answer
import dev.edgekit.core.Answered
import dev.edgekit.core.CompareState
import dev.edgekit.core.EdgekitError
}
import dev.edgekit.core.Bundle as ModelBundle
