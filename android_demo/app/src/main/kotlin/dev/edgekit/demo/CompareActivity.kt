package dev.edgekit.demo

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
import dev.edgekit.core.Bundle as ModelBundle

/** Two files answer the same text, side by side. */
class CompareActivity : ScreenActivity(R.layout.activity_compare) {
    private lateinit var page: TaskPage
    private lateinit var form: AskForm
    private lateinit var choices: List<FileChoice>

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        if (resources.configuration.fontScale >= LARGE) {
            view<LinearLayout>(R.id.columns).orientation = LinearLayout.VERTICAL
        }
        work(::fail) { begin(openBundle()) }
    }

    private fun begin(bundle: ModelBundle) {
        val files = Runtimes.files(bundle)
        page = TaskPage.of(bundle.manifest.task) ?: return
        form = AskForm(view(R.id.page), page, bundle)
        choices = SIDES.map { FileChoice(view(it.choice), files) }
        choices[1].choose(files.lastIndex)
        view<Button>(R.id.start).setOnClickListener { work(::fail, ::compare) }
        render(CompareState.Choosing(files))
    }

    private suspend fun compare() {
        val files = choices.mapNotNull { it.file?.file }
        val texts = form.texts()
        render(CompareState.Running(files[0], files[1]))
        val (first, second) = files.map { file ->
            EdgeModel.open(this, bundleName, file).use { model ->
                model.ask(texts) // the first answer of a file is slower than all others
                model.ask(texts)
            }
        }
        render(CompareState.Done(first, second))
    }

    private fun fail(error: EdgekitError) = render(CompareState.Failed(error))

    private fun render(state: CompareState) {
        showBusy(state is CompareState.Running)
        view<Button>(R.id.start).isEnabled = state !is CompareState.Running
        showProblem((state as? CompareState.Failed)?.error)
        val verdict = view<TextView>(R.id.verdict)
        when (state) {
            is CompareState.Choosing -> {
                view<Button>(R.id.start).isEnabled = state.files.isNotEmpty()
                if (state.files.size == 1) verdict.setText(R.string.compare_one_file)
            }
            is CompareState.Done -> {
                listOf(state.first, state.second).zip(SIDES, ::show)
                verdict.text = verdict(state.first.answer, state.second.answer)
            }
            else -> verdict.text = ""
        }
    }

    private fun show(result: Answered<Answer>, side: Side) {
        val file = choices[SIDES.indexOf(side)].file
        view<TextView>(side.title).text = file?.file
        view<TextView>(side.answer).text = page.summary(this, result.answer)
        view<TextView>(side.timing).text =
            getString(R.string.milliseconds, milliseconds(result.latencyMs))
    }

    private fun verdict(first: Answer, second: Answer): String {
        val decision = page.decision(first) ?: return ""
        val isSame = decision == page.decision(second)
        return getString(if (isSame) R.string.compare_same else R.string.compare_different)
    }

    private class Side(val choice: Int, val title: Int, val answer: Int, val timing: Int)

    private companion object {
        /** From this size of letters on the columns stand one below the other. */
        const val LARGE = 1.3f

        val SIDES = listOf(
            Side(R.id.left, R.id.left_title, R.id.left_answer, R.id.left_timing),
            Side(R.id.right, R.id.right_title, R.id.right_answer, R.id.right_timing),
        )
    }
}
