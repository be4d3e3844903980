package dev.edgekit.core

import java.io.Closeable
import java.util.concurrent.CancellationException

/**
 * An answer, and what it cost.
 *
 * @property latencyMs from the texts to the answer, in milliseconds
 * @property tokens of all rows, special ones included
 * @property bucket the largest length at which a row ran
 * @property windows rows that were asked; more than one where a passage is long
 * @property leftOut tokens of the texts that did not fit
 */
public data class Answered<out T : Answer>(
    val answer: T,
    val latencyMs: Double,
    val tokens: Int,
    val bucket: Int,
    val windows: Int,
    val leftOut: Int,
)

/**
 * A model as an app uses it: texts in, answers out.
 *
 * Calls block; they end with a [CancellationException] when their thread is interrupted. One call
 * at a time.
 *
 * @property artifact the file that [engine] has opened
 */
public class EdgeModel(
    public val bundle: Bundle,
    public val artifact: Artifact,
    private val engine: Engine,
) : Closeable {
    private val manifest = bundle.manifest
    private val task = Task.named(manifest.task)
    private val inference = Inference(artifact, engine, manifest.padId)
    private val postProcessor = PostProcessor(manifest, bundle.tokenizer)
    private val prompter = Prompter(manifest, bundle.tokenizer)

    /** The runtime and its version. */
    public val runtime: String get() = engine.title

    /** Labels of a text, or of a pair of texts. */
    public fun classify(text: String, pair: String? = null): Answered<Classification> =
        expect(Task.TEXT_CLASSIFICATION, listOfNotNull(text, pair))

    /** Entities in a text, and the label of each word. */
    public fun tag(text: String): Answered<Tagging> =
        expect(Task.TOKEN_CLASSIFICATION, listOf(text))

    /** The piece of a passage that answers a question; a long passage is read in windows. */
    public fun answer(question: String, passage: String): Answered<QuestionAnswer> =
        expect(Task.QUESTION_ANSWERING, listOf(question, passage))

    /** What may stand at each mask of a text. */
    public fun fillMask(text: String): Answered<FilledMasks> = expect(Task.FILL_MASK, listOf(text))

    /**
     * A text's vector.
     *
     * @param role of the text, such as `query`: what the manifest has for it stands before the
     * text; null: the model's default
     */
    public fun embed(text: String, role: String? = null): Answered<Embedding> =
        expect(Task.SENTENCE_SIMILARITY, listOf(text), listOf(role))

    /** How alike two texts are, by one vector each, sparse ones, or one for each token. */
    public fun similarity(first: String, second: String): Answered<Similarity> = expect(
        if (task.asks == Task.Asks.EACH) task else Task.SENTENCE_SIMILARITY,
        listOf(first, second),
    )

    /** A text's weights over the vocabulary; [role] as [embed] has it. */
    public fun sparseEmbedding(text: String, role: String? = null): Answered<SparseEmbedding> =
        expect(Task.SPARSE_EMBEDDING, listOf(text), listOf(role))

    /** A vector for each token of a query or document; [role] as [embed] has it. */
    public fun lateInteraction(text: String, role: String? = null): Answered<LateInteraction> =
        expect(Task.LATE_INTERACTION, listOf(text), listOf(role))

    /** A vector for each token of a text. */
    public fun features(text: String): Answered<Features> =
        expect(Task.FEATURE_EXTRACTION, listOf(text))

    /** The texts of an index that are closest in meaning to a query, the closest first. */
    public fun search(
        query: String,
        index: SearchIndex,
        top: Int = manifest.postprocessing.top,
    ): List<Hit> = index.search(embed(query, role = "query").answer.vector, top)

    /** An index of texts, in their order. */
    public fun index(texts: List<String>): SearchIndex =
        SearchIndex.of(
            texts.map { embed(it, role = "document").answer.vector },
            manifest.similarity,
        )

    /**
     * The answer to whatever the task asks.
     *
     * @param texts one or two, as the task takes them
     * @param top the most labels, spans or fillers that are kept
     * @throws EdgekitError a text that cannot be answered, or a runtime that failed
     * @throws CancellationException the thread was interrupted
     */
    public fun ask(texts: List<String>, top: Int = manifest.postprocessing.top): Answered<Answer> =
        ask(texts, task.roles(texts.size), top)

    private fun ask(texts: List<String>, roles: List<String?>, top: Int): Answered<Answer> {
        val start = System.nanoTime()
        val prompt = prompter.prompt(texts, roles)
        val answer = postProcessor.answer(prompt, inference.run(prompt.rows), top)
        return Answered(
            answer,
            latencyMs = (System.nanoTime() - start) / NANOSECONDS_PER_MILLISECOND,
            tokens = prompt.rows.sumOf { it.size },
            bucket = prompt.rows.maxOf { inference.bucket(it.size) },
            windows = prompt.rows.size,
            leftOut = prompt.leftOut,
        )
    }

    /** Pays now what the first answer costs more than later ones. */
    public fun prewarm(): Unit = inference.prewarm()

    override fun close(): Unit = engine.close()

    @Suppress("UNCHECKED_CAST")
    private fun <T : Answer> expect(
        wanted: Task,
        texts: List<String>,
        roles: List<String?> = task.roles(texts.size),
    ): Answered<T> {
        if (task != wanted) {
            throw EdgekitError.UnsupportedTask(
                "${manifest.name} is for ${task.title}, not ${wanted.title}: take another bundle",
            )
        }
        return ask(texts, roles, manifest.postprocessing.top) as Answered<T>
    }

    private companion object {
        const val NANOSECONDS_PER_MILLISECOND = 1e6
    }
}
