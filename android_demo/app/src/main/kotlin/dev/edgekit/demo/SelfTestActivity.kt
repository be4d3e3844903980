package dev.edgekit.demo







                    cases.add(case)
                    render(SelfTestState.Running(cases))
                choice.file?.let { artifact -> work(::fail) { run(artifact.file) } }
                scope.launch {
                share.setOnClickListener { share(state.report.toJson()) }
                showCases(state.report.cases)
                view<TextView>(R.id.verdict).text = verdict(state.report.cases)
                }
            else -> Unit
            is SelfTestState.Done -> {
            is SelfTestState.Running -> showCases(state.cases)
            list.removeAllViews()
            render(SelfTestState.Done(report))
            row.contentDescription = listOfNotNull(case.name, result, case.difference).joinToString()
            row.view<TextView>(R.id.difference).showText(case.difference)
            row.view<TextView>(R.id.title).text = case.name
            row.view<TextView>(R.id.value).text = result
            val choice = FileChoice(view(R.id.file), Runtimes.files(openBundle()))
            val report = model.selfTest { case ->
            val result = getString(if (case.passed) R.string.check_passed else R.string.check_failed)
            val row = list.add(R.layout.item_check)
            view<Button>(R.id.start).setOnClickListener {
            view<TextView>(R.id.verdict).text = ""
            }
            }
            }
        EdgeModel.open(this, bundleName, file).use { model ->
        else getString(R.string.self_test_failed, failed, cases.size)
        for (case in cases.drop(list.childCount)) {
        if (cases.isEmpty()) {
        render(SelfTestState.Idle)
        render(SelfTestState.Running(cases))
        return if (failed == 0) getString(R.string.self_test_passed, cases.size)
        share.isEnabled = state is SelfTestState.Done
        showBusy(state is SelfTestState.Running)
        showProblem((state as? SelfTestState.Failed)?.error)
        super.onCreate(state)
        val cases = ArrayList<TestCase>()
        val failed = cases.count { !it.passed }
        val list = view<ViewGroup>(R.id.checks)
        val share = view<Button>(R.id.share)
        view<Button>(R.id.start).isEnabled = state !is SelfTestState.Running
        when (state) {
        work(::fail) {
        }
        }
        }
        }
        }
    /** Adds rows for the cases that have none yet; an empty list begins anew. */
    override fun onCreate(state: Bundle?) {
    private fun fail(error: EdgekitError) = render(SelfTestState.Failed(error))
    private fun render(state: SelfTestState) {
    private fun showCases(cases: List<TestCase>) {
    private fun verdict(cases: List<TestCase>): String {
    private suspend fun run(file: String) {
    }
    }
    }
    }
    }
/** Runs a bundle's golden texts, and shows the first difference of each case that fails. */
class SelfTestActivity : ScreenActivity(R.layout.activity_self_test) {
import android.os.Bundle
import android.view.ViewGroup
import android.widget.Button
import android.widget.TextView
import dev.edgekit.android.EdgeModel
import dev.edgekit.android.Runtimes
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.SelfTestState
import dev.edgekit.core.TestCase
import kotlinx.coroutines.launch
}
