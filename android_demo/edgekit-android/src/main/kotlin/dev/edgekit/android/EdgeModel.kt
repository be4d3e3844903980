package dev.edgekit.android

import android.content.Context
import dev.edgekit.core.Answer
import dev.edgekit.core.Answered
import dev.edgekit.core.Artifact
import dev.edgekit.core.Bundle
import dev.edgekit.core.Classification
import dev.edgekit.core.Conditions
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.Embedding
import dev.edgekit.core.Engine
import dev.edgekit.core.EngineOptions
import dev.edgekit.core.Features
import dev.edgekit.core.FilledMasks
import dev.edgekit.core.Hit
import dev.edgekit.core.LateInteraction
import dev.edgekit.core.Measurement
import dev.edgekit.core.QuestionAnswer
import dev.edgekit.core.SearchIndex
import dev.edgekit.core.SelfTest
import dev.edgekit.core.Similarity
import dev.edgekit.core.SparseEmbedding
import dev.edgekit.core.Tagging
import dev.edgekit.core.TestCase
import dev.edgekit.core.TestReport
import java.io.Closeable
import java.io.File
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.launch
import kotlinx.coroutines.runInterruptible
import dev.edgekit.core.EdgeModel as BlockingModel

/**
 * A model as an Android app uses it.
 *
 * ```
 * val model = EdgeModel.open(context, "reviews")
 * val best = model.classify(text).answer.chosen
 * ```
 *
 * Everything that takes time suspends and runs off the main thread, one call after the other. A
 * cancelled call ends before its next inference. No text is kept or logged.
 *
 * @property bundle what the manifest says
 * @property artifact the file that is open
 */
public class EdgeModel private constructor(
    public val bundle: Bundle,
    public val artifact: Artifact,
    private val engine: Engine,
    private val model: BlockingModel,
    private val worker: CoroutineDispatcher,
) : Closeable {
    @Volatile
    private var isClosed = false

    /** The runtime and its version, for people. */
    public val runtime: String get() = engine.title

    /** Labels of a text, or of a pair of texts. */
    public suspend fun classify(text: String, pair: String? = null): Answered<Classification> =
        work { classify(text, pair) }

    /** Entities in a text, and the label of each word. */
    public suspend fun tag(text: String): Answered<Tagging> = work { tag(text) }

    /** The piece of a passage that answers a question; a long passage is read in windows. */
    public suspend fun answer(question: String, passage: String): Answered<QuestionAnswer> =
        work { answer(question, passage) }

    /** What may stand at each mask of a text. */
    public suspend fun fillMask(text: String): Answered<FilledMasks> = work { fillMask(text) }

    /** A text's vector; [role] such as `query` chooses the prompt before it. */
    public suspend fun embed(text: String, role: String? = null): Answered<Embedding> =
        work { embed(text, role) }

    /** How alike two texts are, by one vector each, sparse ones, or one for each token. */
    public suspend fun similarity(first: String, second: String): Answered<Similarity> =
        work { similarity(first, second) }

    /** A text's weights over the vocabulary; [role] as [embed] has it. */
    public suspend fun sparseEmbedding(
        text: String,
        role: String? = null,
    ): Answered<SparseEmbedding> = work { sparseEmbedding(text, role) }

    /** A vector for each token of a query or document; [role] as [embed] has it. */
    public suspend fun lateInteraction(
        text: String,
        role: String? = null,
    ): Answered<LateInteraction> = work { lateInteraction(text, role) }

    /** A vector for each token of a text. */
    public suspend fun features(text: String): Answered<Features> = work { features(text) }

    /**
     * An index of texts, in their order.
     *
     * @param progress is told how many are done, where the caller runs
     */
    public suspend fun index(texts: List<String>, progress: (Int) -> Unit = {}): SearchIndex {
        val vectors = texts.mapIndexed { done, text ->
            progress(done)
            embed(text, role = "document").answer.vector
        }
        return SearchIndex.of(vectors, bundle.manifest.similarity)
    }

    /** The texts of an index that are closest in meaning to a query, the closest first. */
    public suspend fun search(query: String, index: SearchIndex, top: Int = 5): List<Hit> =
        work { search(query, index, top) }

    /** The answer to whatever the bundle's task asks of one or two texts. */
    public suspend fun ask(texts: List<String>): Answered<Answer> = work { ask(texts) }

    /** Pays now what the first answer costs more than later ones. */
    public suspend fun prewarm(): Unit = work { prewarm() }

    /** Runs the bundle's golden texts; [progress] is told each result, off the main thread. */
    public suspend fun selfTest(progress: (TestCase) -> Unit = {}): TestReport =
        work { SelfTest(bundle).run(artifact, engine, progress) }

    /**
     * Times single inferences of the file alone, without tokenizer and post-processing.
     *
     * @param conditions the length has to be one that the file takes
     * @param warmUp inferences before the first that counts
     * @param progress is told how many are done, where the caller runs
     */
    public suspend fun measure(
        conditions: Conditions,
        warmUp: Int,
        runs: Int,
        progress: (Int) -> Unit = {},
    ): Measurement {
        val started = timestamp()
        val ones = IntArray(conditions.length) { 1 }
        val inputs = artifact.inputs.associate { it.name to ones }
        repeat(warmUp) { work { engine.run(inputs) } }
        val latenciesMs = List(runs) { done ->
            progress(done)
            work { timedMs { engine.run(inputs) } }
        }
        return Measurement(bundle, artifact, runtime, conditions, started, warmUp, latenciesMs)
    }

    /** Closes the file, once a running call has ended. Calls that come later fail. */
    override fun close() {
        if (isClosed) return
        isClosed = true
        CoroutineScope(worker).launch { model.close() }
    }

    private suspend fun <T> work(block: BlockingModel.() -> T): T {
        check(!isClosed) { "the model is closed" }
        return runInterruptible(worker) { model.block() }
    }

    public companion object {
        /**
         * Opens a bundle of the app: one of its assets, imported, or pushed.
         *
         * The first time a model of the assets is copied, which takes its time.
         *
         * @param name of the bundle's folder, `.edgekit` or not
         * @param file which of its models; null: the first that a runtime of this app opens
         * @throws EdgekitError a file is missing or damaged, or cannot be opened
         */
        public suspend fun open(
            context: Context,
            name: String,
            file: String? = null,
            options: EngineOptions = EngineOptions(),
        ): EdgeModel = openWith(context, file, options) { BundleStore(context).find(name) }

        /** Opens a bundle that is a folder of the phone. */
        public suspend fun open(
            context: Context,
            folder: File,
            file: String? = null,
            options: EngineOptions = EngineOptions(),
        ): EdgeModel = openWith(context, file, options) { StoredBundle.InFolder(folder) }

        @OptIn(ExperimentalCoroutinesApi::class)
        private suspend fun openWith(
            context: Context,
            file: String?,
            options: EngineOptions,
            find: () -> StoredBundle,
        ): EdgeModel {
            val worker = Dispatchers.Default.limitedParallelism(1)
            val home = File(context.noBackupFilesDir, "models")
            return runInterruptible(worker) {
                val stored = find()
                val bundle = stored.open()
                val artifact = file?.let(bundle.manifest::artifact) ?: first(bundle)
                val place = ModelFiles(home).file(stored, artifact)
                val kept = options.copy(weightCache = options.weightCache ?: context.codeCacheDir)
                val engine = Runtimes.of(artifact).open(place, artifact, kept)
                EdgeModel(bundle, artifact, engine, BlockingModel(bundle, artifact, engine), worker)
            }
        }

        private fun first(bundle: Bundle) = Runtimes.files(bundle).firstOrNull()
            ?: throw EdgekitError.RuntimeFailed(
                "${bundle.manifest.name} has no file for ${Runtimes.all.map { it.name }}: convert " +
                    "for one of them",
            )
    }
}
