package dev.edgekit.demo















                scope.launch { render(BenchmarkState.Running(artifact.file, done, runs)) }
            R.string.measure_details,
            at(share = 0.1),
            at(share = 0.9),
            bundle = openBundle()
            choice = FileChoice(view(R.id.file), files).apply { onChoice(::offerLengths) }
            else -> Unit
            is BenchmarkState.Done -> show(state.latenciesMs.sorted())
            is BenchmarkState.Running -> progress.showPortion(state.done.toFloat() / state.of)
            offer(measurement)
            render(BenchmarkState.Choosing(files))
            render(BenchmarkState.Done(artifact.file, measurement.latenciesMs))
            return
            sortedMs.size,
            val files = Runtimes.files(bundle)
            val measurement = model.measure(conditions, WARM_UP, runs) { done ->
            view<Button>(R.id.start).setOnClickListener { start() }
            view<TextView>(R.id.problem).showText(getText(R.string.measure_wrong))
            }
        "${Build.MANUFACTURER} ${Build.MODEL}, Android ${Build.VERSION.RELEASE}"
        )
        /** Inferences before the first that counts. */
        EdgeModel.open(this, bundleName, artifact.file, options).use { model ->
        button.isEnabled = true
        button.setOnClickListener { share(measurement.toJson()) }
        const val DEFAULT_RUNS = 50
        const val DEFAULT_THREADS = 2
        const val MAX_RUNS = 1000
        const val MAX_THREADS = 64
        const val MIN_RUNS = 3
        const val WARM_UP = 3
        fun at(share: Double) = milliseconds(sortedMs[((sortedMs.size - 1) * share).toInt()])
        if (threads !in 1..MAX_THREADS || runs !in MIN_RUNS..MAX_RUNS) {
        lengths = artifact.buckets ?: (USUAL_LENGTHS.filter { it < most } + most)
        progress.isShown(isRunning)
        render(BenchmarkState.Running(artifact.file, 0, runs))
        showBusy(isRunning)
        showProblem((state as? BenchmarkState.Failed)?.error)
        super.onCreate(state)
        val USUAL_LENGTHS = listOf(32, 64, 128, 256)
        val artifact = choice.file ?: return
        val button = view<Button>(R.id.share)
        val isRunning = state is BenchmarkState.Running
        val length = lengths[view<Spinner>(R.id.length).selectedItemPosition]
        val most = bundle.manifest.maxLength
        val options = EngineOptions(conditions.threads)
        val progress = view<ProgressBar>(R.id.progress)
        val runs = number(R.id.runs)
        val threads = number(R.id.threads)
        view<Button>(R.id.start).isEnabled = !isRunning
        view<EditText>(R.id.runs).setText("$DEFAULT_RUNS")
        view<EditText>(R.id.threads).setText("$DEFAULT_THREADS")
        view<Spinner>(R.id.length).show(lengths.map(Int::toString))
        view<TextView>(R.id.details).text = getString(
        view<TextView>(R.id.median).text = getString(R.string.measure_median, at(share = 0.5))
        when (state) {
        work(::fail) {
        work(::fail) { measure(artifact, Conditions(machine(), threads, length), runs) }
        }
        }
        }
        }
    /** Lengths that a file takes; of one that takes any, the usual ones. */
    override fun onCreate(state: Bundle?) {
    private companion object {
    private fun fail(error: EdgekitError) = render(BenchmarkState.Failed(error))
    private fun machine() =
    private fun number(id: Int): Int = view<EditText>(id).text.toString().toIntOrNull() ?: 0
    private fun offer(measurement: Measurement) {
    private fun offerLengths(artifact: Artifact) {
    private fun render(state: BenchmarkState) {
    private fun show(sortedMs: List<Double>) {
    private fun start() {
    private lateinit var bundle: ModelBundle
    private lateinit var choice: FileChoice
    private suspend fun measure(artifact: Artifact, conditions: Conditions, runs: Int) {
    private var lengths: List<Int> = emptyList()
    }
    }
    }
    }
    }
    }
    }
    }
/** Measures one file in this app; the result is a line that `edgekit report` reads. */
class MeasureActivity : ScreenActivity(R.layout.activity_measure) {
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
import kotlinx.coroutines.launch
}
import dev.edgekit.core.Bundle as ModelBundle
