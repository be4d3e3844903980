package dev.edgekit.core

/**
 * What manifest.json says of a bundle, as far as an app needs it (docs/bundle.md has all of it).
 *
 * @property name for people, and unique among an app's bundles
 * @property task such as `question-answering`
 * @property problemType what the logits of a text classification mean; null for other tasks
 * @property labels in the order of the logits; empty where the task has none
 * @property hasRandomWeights whether the weights are from a seed: good for speed, never for answers
 * @property license of the checkpoint, as its makers name it
 * @property origin of the checkpoint: a folder, or its name on the hub
 * @property maxLength tokens that the model takes, special ones included
 * @property prompts what is put before a text by its role, such as `query` and `document`
 * @property defaultPromptName which of the prompts stands before a text without a role; null: none
 * @property roles what a text's role decides of its row; empty: nothing
 * @property similarity how two vectors are compared
 * @property tokenizer null for a bundle without one
 * @property postprocess null where there is no tokenizer
 */
public class Manifest internal constructor(
    public val edgekitVersion: String,
    public val name: String,
    public val task: String,
    public val problemType: String?,
    public val labels: List<String>,
    public val hasRandomWeights: Boolean,
    public val license: String?,
    public val origin: String,
    public val maxLength: Int,
    public val padId: Int,
    public val prompts: Map<String, String>,
    public val defaultPromptName: String?,
    public val roles: Map<String, Role>,
    public val similarity: VectorSimilarity,
    public val postprocessing: Postprocessing,
    public val tokenizer: TokenizerFacts?,
    public val golden: FileEntry,
    public val postprocess: FileEntry?,
    public val artifacts: List<Artifact>,
) {
    /** What stands before a text of this role; null: of one without a role. */
    public fun prompt(role: String?): String = prompts[role ?: defaultPromptName].orEmpty()

    /** What a role decides; null: that of texts without one. */
    public fun role(name: String?): Role = roles[name ?: Role.NONE] ?: roles[Role.NONE] ?: Role.PLAIN

    /** The artifact of that file name. */
    public fun artifact(file: String): Artifact = artifacts.firstOrNull { it.file == file }
        ?: throw EdgekitError.MissingFile(file)

    /** Every file that the manifest names, but packages, which are folders. */
    public val files: List<FileEntry>
        get() = listOfNotNull(golden, postprocess) + tokenizer?.files.orEmpty() +
            artifacts.filterNot { it.isPackage }.flatMap { listOfNotNull(it.entry, it.data) }
}

/** A file of the bundle; [file] is its path there. */
public data class FileEntry(val file: String, val sizeBytes: Long, val sha256: String)

/**
 * One exported model.
 *
 * @property runtime what opens it, in small letters: `onnxruntime`, `litert`, `executorch`
 * @property buckets lengths that it takes, ascending; null: any up to the model's
 * @property data a file with its weights, which has to lie beside it; null: they are inside
 */
public class Artifact internal constructor(
    internal val entry: FileEntry,
    public val format: String,
    public val recipe: String,
    public val runtime: String,
    public val minimumOs: String,
    public val buckets: List<Int>?,
    public val inputs: List<TensorSpec>,
    public val outputs: List<TensorSpec>,
    public val tolerance: Tolerance,
    public val data: FileEntry?,
) {
    public val file: String get() = entry.file
    public val sizeBytes: Long get() = entry.sizeBytes + (data?.sizeBytes ?: 0)
    public val sha256: String get() = entry.sha256

    /** Its own file, and that of its weights. */
    public val files: List<FileEntry> get() = listOfNotNull(entry, data)

    /** Whether it is a folder, which only Apple's systems open. */
    public val isPackage: Boolean get() = format == "coreml" || format == "coreai"

    internal companion object {
        /** A file that is in no bundle, of which no more is known than its inputs and outputs. */
        fun unknown(file: String, runtime: String, inputs: List<String>, outputs: List<String>) =
            Artifact(
                entry = FileEntry(file, sizeBytes = 0, sha256 = ""),
                format = "",
                recipe = "",
                runtime = runtime,
                minimumOs = "",
                buckets = null,
                inputs = inputs.map { TensorSpec(it, "int32", listOf(TensorSpec.LENGTH)) },
                outputs = outputs.map { TensorSpec(it, "float32", emptyList()) },
                tolerance = Tolerance(maxAbs = 0f, cosine = 1f),
                data = null,
            )
    }
}

/** What a file was held against when it was made, and a phone holds it against again. */
public data class Tolerance(val maxAbs: Float, val cosine: Float)

/**
 * One input or output.
 *
 * @property shape without the batch axis; -1 stands for the number of tokens
 */
public class TensorSpec internal constructor(
    public val name: String,
    public val dtype: String,
    public val shape: List<Int>,
) {
    /** Whether it has values for each token. */
    public val isPerToken: Boolean get() = LENGTH in shape

    /** The shape for so many tokens. */
    internal fun at(length: Int): IntArray =
        IntArray(shape.size) { if (shape[it] == LENGTH) length else shape[it] }

    internal companion object {
        const val LENGTH = -1
    }
}

/**
 * Settings of the post-processing.
 *
 * @property activation from a classifier's logits to scores
 * @property threshold of a score that is chosen where labels stand for themselves; null: the best
 * @property nullThreshold by how much no answer has to beat the best span; null: always answer
 * @property maxAnswerTokens of a span
 * @property top how many results are kept
 */
public data class Postprocessing(
    val activation: Activation,
    val threshold: Float?,
    val nullThreshold: Float?,
    val maxAnswerTokens: Int,
    val top: Int,
)

/**
 * The tokenizer's files, and how texts are cut.
 *
 * @property specialTokens ids by role, such as `mask_token`
 */
public class TokenizerFacts internal constructor(
    public val kind: String,
    public val specialTokens: Map<String, Int>,
    public val truncationSide: Side,
    internal val settings: FileEntry,
    internal val vocabulary: FileEntry,
    internal val files: List<FileEntry>,
)

/** What makes scores of logits. */
public enum class Activation { SOFTMAX, SIGMOID, IDENTITY }

/** An end of a text. */
public enum class Side { LEFT, RIGHT }

/** How two vectors are compared: the larger, the more alike. */
public enum class VectorSimilarity { COSINE, DOT, EUCLIDEAN, MANHATTAN }
