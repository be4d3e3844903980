package dev.edgekit.demo

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

/** Runs a bundle's golden texts, and shows the first difference of each case that fails. */
class SelfTestActivity : ScreenActivity(R.layout.activity_self_test) {
    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        render(SelfTestState.Idle)
        work(::fail) {
            val choice = FileChoice(view(R.id.file), Runtimes.files(openBundle()))
            view<Button>(R.id.start).setOnClickListener {
                choice.file?.let { artifact -> work(::fail) { run(artifact.file) } }
            }
        }
    }

    private suspend fun run(file: String) {
        val cases = ArrayList<TestCase>()
        render(SelfTestState.Running(cases))
        EdgeModel.open(this, bundleName, file).use { model ->
            val report = model.selfTest { case ->
                scope.launch {
                    cases.add(case)
                    render(SelfTestState.Running(cases))
                }
            }
            render(SelfTestState.Done(report))
        }
    }

    private fun fail(error: EdgekitError) = render(SelfTestState.Failed(error))

    private fun render(state: SelfTestState) {
        showBusy(state is SelfTestState.Running)
        view<Button>(R.id.start).isEnabled = state !is SelfTestState.Running
        showProblem((state as? SelfTestState.Failed)?.error)
        val share = view<Button>(R.id.share)
        share.isEnabled = state is SelfTestState.Done
        when (state) {
            is SelfTestState.Running -> showCases(state.cases)
            is SelfTestState.Done -> {
                share.setOnClickListener { share(state.report.toJson()) }
                showCases(state.report.cases)
                view<TextView>(R.id.verdict).text = verdict(state.report.cases)
            }
            else -> Unit
        }
    }

    private fun verdict(cases: List<TestCase>): String {
        val failed = cases.count { !it.passed }
        return if (failed == 0) getString(R.string.self_test_passed, cases.size)
        else getString(R.string.self_test_failed, failed, cases.size)
    }

    /** Adds rows for the cases that have none yet; an empty list begins anew. */
    private fun showCases(cases: List<TestCase>) {
        val list = view<ViewGroup>(R.id.checks)
        if (cases.isEmpty()) {
            list.removeAllViews()
            view<TextView>(R.id.verdict).text = ""
        }
        for (case in cases.drop(list.childCount)) {
            val row = list.add(R.layout.item_check)
            val result = getString(if (case.passed) R.string.check_passed else R.string.check_failed)
            row.view<TextView>(R.id.title).text = case.name
            row.view<TextView>(R.id.value).text = result
            row.view<TextView>(R.id.difference).showText(case.difference)
            row.contentDescription = listOfNotNull(case.name, result, case.difference).joinToString()
        }
    }
}
