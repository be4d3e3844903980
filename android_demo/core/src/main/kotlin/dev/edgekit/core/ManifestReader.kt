package dev.edgekit.core

/** The first minor version of the schema that has all that this library reads. */
private const val LEAST_MINOR = 5

/** Makes a [Manifest] of manifest.json's object. */
internal fun readManifest(root: JsonObject): Manifest {
    checkSchema(root.text("schema_version"))
    return Manifest(
        edgekitVersion = root.text("edgekit_version"),
        name = root.text("name"),
        task = root.text("task"),
        problemType = root.textOrNull("problem_type"),
        labels = root.texts("labels"),
        hasRandomWeights = root.flag("random_weights"),
        license = root.child("source").textOrNull("license"),
        origin = root.child("source").text("origin"),
        maxLength = root.count("max_length"),
        padId = root.count("pad_id", least = 0),
        prompts = root.map("prompts"),
        defaultPromptName = root.textOrNull("default_prompt_name"),
        roles = if ("roles" in root) root.map<JsonObject>("roles").mapValues { readRole(it.value) }
        else emptyMap(),
        similarity = root.oneOfOrNull("similarity") ?: VectorSimilarity.COSINE,
        postprocessing = readPostprocessing(root.child("postprocessing")),
        tokenizer = root.childOrNull("tokenizer")?.let(::readTokenizer),
        golden = readFile(root.child("golden")),
        postprocess = root.childOrNull("postprocess")?.let(::readFile),
        artifacts = root.children("artifacts").map(::readArtifact),
    )
}

private fun checkSchema(version: String) {
    val (major, minor) = version.split('.').map { it.toIntOrNull() } + null
    if (major != 1) {
        throw EdgekitError.UnsupportedSchema(
            "the bundle has schema $version and this library reads 1.$LEAST_MINOR and later: " +
                "update the library",
        )
    }
    if (minor == null || minor < LEAST_MINOR) {
        throw EdgekitError.UnsupportedSchema(
            "the bundle has schema $version and lacks what an app needs since 1.$LEAST_MINOR: " +
                "convert the model again with a newer edgekit",
        )
    }
}

private fun readRole(row: JsonObject) = Role(
    maxLength = if ("max_length" in row) row.count("max_length") else null,
    expansion = row.childOrNull("expansion")?.let {
        Expansion(it.count("token_id", least = 0), it.count("length"), it.flag("attended"))
    },
    skipIds = row.ints("skip_ids").toSet(),
)

private fun readPostprocessing(row: JsonObject) = Postprocessing(
    activation = row.oneOfOrNull("activation") ?: Activation.IDENTITY,
    threshold = row.numberOrNull("threshold")?.toFloat(),
    nullThreshold = row.numberOrNull("null_threshold")?.toFloat(),
    maxAnswerTokens = if ("max_answer_tokens" in row) row.count("max_answer_tokens")
    else QuestionAnswering.MAX_ANSWER_TOKENS,
    top = row.count("top"),
)

private fun readTokenizer(row: JsonObject): TokenizerFacts? {
    val app = row.childOrNull("app") ?: return null
    val files = row.children("files").map(::readFile)
    fun listed(name: String) = app.text(name).let { path ->
        files.firstOrNull { it.file == path } ?: throw JsonException("files have no '$name'")
    }
    return TokenizerFacts(
        kind = row.text("kind"),
        specialTokens = row.map<Double>("special_tokens").mapValues { it.value.toInt() },
        truncationSide = row.oneOf("truncation_side"),
        settings = listed("settings"),
        vocabulary = listed("vocabulary"),
        files = files,
    )
}

private fun readArtifact(row: JsonObject) = Artifact(
    entry = readFile(row),
    format = row.text("format"),
    recipe = row.text("recipe"),
    runtime = row.text("runtime").lowercase(),
    minimumOs = row.text("minimum_os"),
    buckets = if ("buckets" in row) readBuckets(row) else null,
    inputs = row.children("inputs").map(::readSpec),
    outputs = row.children("outputs").map(::readSpec),
    tolerance = readTolerance(row),
    data = row.childOrNull("data")?.let(::readFile),
)

private fun readBuckets(row: JsonObject): List<Int> = row.counts("buckets").sorted()
    .ifEmpty { throw JsonException("'buckets' are none") }

private fun readTolerance(row: JsonObject): Tolerance {
    val proof = row.children("proofs").firstOrNull() ?: throw JsonException("'proofs' are none")
    return proof.child("tolerance").let {
        Tolerance(it.number("max_abs").toFloat(), it.number("cosine").toFloat())
    }
}

private fun readSpec(row: JsonObject) = TensorSpec(
    name = row.text("name"),
    dtype = row.text("dtype"),
    shape = row.list("shape").drop(1).map { axis ->
        when {
            axis == "length" -> TensorSpec.LENGTH
            axis is Double && axis.toInt() in 0..JsonObject.MOST -> axis.toInt()
            else -> row.wrong("shape")
        }
    },
)

internal fun readFile(row: JsonObject): FileEntry {
    val file = row.text("file")
    if (file.startsWith('/') || file.split('/').any { it == ".." || it == "." }) row.wrong("file")
    return FileEntry(file, row.long("size_bytes"), row.text("sha256"))
}
