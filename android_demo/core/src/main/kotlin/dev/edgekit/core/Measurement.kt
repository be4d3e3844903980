package dev.edgekit.core

/**
 * What has to be equal before two measurements may be compared.
 *
 * @property machine the phone in one line
 * @property threads of the runtime
 * @property length tokens of each inference
 */
public data class Conditions(val machine: String, val threads: Int, val length: Int)

/**
 * Warm inferences of one file in an app, as `edgekit report` reads them.
 *
 * Golden texts were not compared, and nothing watched the phone: the report says so.
 *
 * @property runtime in which the file was opened, with its version
 * @property started when, as ISO 8601 has it
 * @property warmUp inferences before the first that counts
 * @property latenciesMs of single inferences, in the order they were taken, in milliseconds
 */
public class Measurement(
    private val bundle: Bundle,
    private val artifact: Artifact,
    public val runtime: String,
    public val conditions: Conditions,
    public val started: String,
    public val warmUp: Int,
    public val latenciesMs: List<Double>,
) {
    /** One line of results.jsonl. */
    public fun toJson(): String = json(
        mapOf(
            "schema_version" to SCHEMA,
            "subject" to subject(),
            "conditions" to mapOf(
                "device" to "android",
                "machine" to conditions.machine,
                "threads" to conditions.threads,
                "length" to conditions.length,
            ),
            "environment" to mapOf("measured_by" to "app"),
            "started" to started,
            "padded_to" to conditions.length,
            "warm_up" to warmUp,
            "latency_ms" to latenciesMs,
            "warnings" to listOf("unproven"),
        ),
    )

    private fun subject(): Map<String, Any?> {
        val manifest = bundle.manifest
        val source = bundle.readJson(Bundle.MANIFEST) { it.readRoot() }.child("source")
        return mapOf(
            "model" to manifest.name,
            "bundle" to manifest.name,
            "bundle_id" to bundle.read(Bundle.MANIFEST, ::sha256),
            "file" to artifact.file,
            "format" to artifact.format,
            "recipe" to artifact.recipe,
            "runtime" to runtime,
            "size_bytes" to artifact.sizeBytes,
            "parameters" to source.int("parameters"),
            "random_weights" to manifest.hasRandomWeights,
        )
    }

    private companion object {
        /** Of the file of results. */
        const val SCHEMA = "1.0"
    }
}
