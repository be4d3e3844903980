package dev.edgekit.demo

import android.os.Build
import android.os.Bundle
import android.widget.Button
import android.widget.EditText
import android.widget.ProgressBar
import android.widget.Spinner
import android.widget.TextView
import dev.edgekit.android.EdgeModel
import dev.edgekit.android.Runtimes
import dev.edgekit.core.Artifact
import dev.edgekit.core.BenchmarkState
import dev.edgekit.core.Conditions
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.EngineOptions
import dev.edgekit.core.Measurement
import dev.edgekit.core.Bundle as ModelBundle

/** Measures one file in this app; the result is a line that `edgekit report` reads. */
class MeasureActivity : ScreenActivity(R.layout.activity_measure) {
    private lateinit var bundle: ModelBundle
    private lateinit var choice: FileChoice
    private var lengths: List<Int> = emptyList()

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        view<EditText>(R.id.threads).setText("$DEFAULT_THREADS")
        view<EditText>(R.id.runs).setText("$DEFAULT_RUNS")
        work(::fail) {
            bundle = openBundle()
            val files = Runtimes.files(bundle)
            choice = FileChoice(view(R.id.file), files).apply { onChoice(::offerLengths) }
            view<Button>(R.id.start).setOnClickListener { start() }
            render(BenchmarkState.Choosing(files))
        }
    }

    /** Lengths that a file takes; of one that takes any, the usual ones. */
    private fun offerLengths(artifact: Artifact) {
        val most = bundle.manifest.maxLength
        lengths = artifact.buckets ?: (USUAL_LENGTHS.filter { it < most } + most)
        view<Spinner>(R.id.length).show(lengths.map(Int::toString))
    }

    private fun start() {
        val threads = number(R.id.threads)
        val runs = number(R.id.runs)
        val artifact = choice.file ?: return
        if (threads !in 1..MAX_THREADS || runs !in MIN_RUNS..MAX_RUNS) {
            view<TextView>(R.id.problem).showText(getText(R.string.measure_wrong))
            return
        }
        val length = lengths[view<Spinner>(R.id.length).selectedItemPosition]
        work(::fail) { measure(artifact, Conditions(machine(), threads, length), runs) }
    }

    private suspend fun measure(artifact: Artifact, conditions: Conditions, runs: Int) {
        render(BenchmarkState.Running(artifact.file, 0, runs))
        val options = EngineOptions(conditions.threads)
        EdgeModel.open(this, bundleName, artifact.file, options).use { model ->
            val measurement = model.measure(conditions, WARM_UP, runs) { done ->
                render(BenchmarkState.Running(artifact.file, done, runs))
            }
            render(BenchmarkState.Done(artifact.file, measurement.latenciesMs))
            offer(measurement)
        }
    }

    private fun offer(measurement: Measurement) {
        val button = view<Button>(R.id.share)
        button.isEnabled = true
        button.setOnClickListener { share(measurement.toJson()) }
    }

    private fun fail(error: EdgekitError) = render(BenchmarkState.Failed(error))

    private fun render(state: BenchmarkState) {
        val isRunning = state is BenchmarkState.Running
        showBusy(isRunning)
        view<Button>(R.id.start).isEnabled = !isRunning
        showProblem((state as? BenchmarkState.Failed)?.error)
        val progress = view<ProgressBar>(R.id.progress)
        progress.isShown(isRunning)
        when (state) {
            is BenchmarkState.Running -> progress.showPortion(state.done.toFloat() / state.of)
            is BenchmarkState.Done -> show(state.latenciesMs.sorted())
            else -> Unit
        }
    }

    private fun show(sortedMs: List<Double>) {
        fun at(share: Double) = milliseconds(sortedMs[((sortedMs.size - 1) * share).toInt()])
        view<TextView>(R.id.median).text = getString(R.string.measure_median, at(0.5))
        view<TextView>(R.id.details).text =
            getString(R.string.measure_details, sortedMs.size, at(0.1), at(0.9))
    }

    private fun number(id: Int): Int = view<EditText>(id).text.toString().toIntOrNull() ?: 0

    private fun machine() =
        "${Build.MANUFACTURER} ${Build.MODEL}, Android ${Build.VERSION.RELEASE}"

    private companion object {
        const val DEFAULT_THREADS = 2
        const val MAX_THREADS = 64
        const val DEFAULT_RUNS = 50
        const val MIN_RUNS = 3
        const val MAX_RUNS = 1000

        /** Inferences before the first that counts. */
        const val WARM_UP = 3

        val USUAL_LENGTHS = listOf(32, 64, 128, 256)
    }
}
