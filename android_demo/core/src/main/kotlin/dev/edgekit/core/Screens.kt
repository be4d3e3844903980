package dev.edgekit.core

/** A bundle in an app's list. */
public data class ModelRow(
    val bundle: String,
    val task: String,
    val files: List<Artifact>,
    val license: String?,
    val origin: String,
    val hasRandomWeights: Boolean,
)

/** What the list of models shows. */
public sealed interface ModelsState {
    public object Searching : ModelsState

    public data class Found(val models: List<ModelRow>, val chosen: String?) : ModelsState

    /** Nothing is there yet: import one. */
    public object Empty : ModelsState

    public data class Importing(val name: String, val doneBytes: Long) : ModelsState

    public data class Failed(val error: EdgekitError) : ModelsState
}

/** What the screen shows on which a model is tried. */
public sealed interface TryState {
    public object NoModel : TryState

    /** The file is copied and opened, which takes long the first time. */
    public data class Preparing(val bundle: String, val file: String) : TryState

    public data class Ready(val bundle: String, val file: String, val runtime: String) : TryState

    public data class Running(val bundle: String, val file: String) : TryState

    public data class Done(val texts: List<String>, val result: Answered<Answer>) : TryState

    public data class Failed(val error: EdgekitError) : TryState
}

/** What the self-test shows. */
public sealed interface SelfTestState {
    public object Idle : SelfTestState

    public data class Running(val cases: List<TestCase>) : SelfTestState

    public data class Done(val report: TestReport) : SelfTestState

    public data class Failed(val error: EdgekitError) : SelfTestState
}

/** What the comparison of two files shows. */
public sealed interface CompareState {
    public data class Choosing(val files: List<Artifact>) : CompareState

    public data class Running(val first: String, val second: String) : CompareState

    public data class Done(
        val first: Answered<Answer>,
        val second: Answered<Answer>,
    ) : CompareState

    public data class Failed(val error: EdgekitError) : CompareState
}

/** What the benchmark shows. */
public sealed interface BenchmarkState {
    public data class Choosing(val files: List<Artifact>) : BenchmarkState

    public data class Running(val file: String, val done: Int, val of: Int) : BenchmarkState

    public data class Done(val file: String, val latenciesMs: List<Double>) : BenchmarkState

    public data class Failed(val error: EdgekitError) : BenchmarkState
}
