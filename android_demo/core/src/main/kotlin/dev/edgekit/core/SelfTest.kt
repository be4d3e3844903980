package dev.edgekit.core

import kotlin.math.abs

/** What a case tests. */
public enum class TestPart { TOKENIZER, OUTPUTS, POSTPROCESSING }

/**
 * The result of one case.
 *
 * @property difference the first difference from what the bundle says; null: there is none
 * @property maxAbs of outputs, the largest difference relative to PyTorch's largest value
 */
public data class TestCase(
    val part: TestPart,
    val name: String,
    val difference: String?,
    val maxAbs: Float? = null,
) {
    public val passed: Boolean get() = difference == null

    internal fun toJson() = mapOf(
        "part" to part.name.lowercase(),
        "name" to name,
        "passed" to passed,
        "difference" to difference,
        "max_abs" to maxAbs,
    )
}

/**
 * The results of a whole bundle.
 *
 * @property artifact the file whose outputs were compared; null: none
 * @property runtime in which it was opened
 */
public data class TestReport(
    val bundle: String,
    val artifact: String?,
    val runtime: String?,
    val cases: List<TestCase>,
) {
    public val passed: Boolean get() = cases.all { it.passed }

    /** The largest difference of an output. */
    public val maxAbs: Float? get() = cases.mapNotNull { it.maxAbs }.maxOrNull()

    /** All of it as one JSON object, to be shared. */
    public fun toJson(): String = json(toFields())

    internal fun toFields() = mapOf(
        "bundle" to bundle,
        "artifact" to artifact,
        "runtime" to runtime,
        "passed" to passed,
        "max_abs" to maxAbs,
        "cases" to cases.map { it.toJson() },
    )
}

/**
 * A bundle tests itself on the phone: golden.json through the tokenizer and a file, and
 * postprocess.json through the post-processing.
 */
public class SelfTest(private val bundle: Bundle) {
    private val manifest = bundle.manifest

    /**
     * Runs every case.
     *
     * @param artifact the file that [engine] has opened; without one no outputs are compared
     * @param progress is told each result as soon as it is there
     */
    public fun run(
        artifact: Artifact? = null,
        engine: Engine? = null,
        progress: (TestCase) -> Unit = {},
    ): TestReport {
        val cases = ArrayList<TestCase>()
        fun add(case: TestCase) {
            cases.add(case)
            progress(case)
        }
        val inference = if (artifact == null || engine == null) null else
            Inference(artifact, engine, manifest.padId)
        GoldenFacts.read(bundle) { case ->
            case.texts?.let { add(tokenized(case, it)) }
            if (inference != null && artifact != null) {
                add(outputs(case, inference, artifact.tolerance))
            }
        }
        postprocessing(::add)
        return TestReport(manifest.name, artifact?.file, engine?.title, cases)
    }

    /** The answer to one case of postprocess.json, counted from 0. */
    internal fun answer(number: Int): Answer {
        var found: Answer? = null
        var place = 0
        postprocessCases { case, _ -> if (place++ == number) found = answer(case) }
        return found ?: throw IndexOutOfBoundsException("postprocess.json has $place cases")
    }

    private fun tokenized(case: GoldenCase, texts: List<String>): TestCase {
        val plain = bundle.tokenizer.encode(texts, case.maxLength, case.truncation, case.side)
        val row = case.role?.let { manifest.role(it).shaped(plain) } ?: plain
        val difference = firstOther("id", row.ids, case.ids)
            ?: firstOther("attention", attention(row), case.attentionMask)
            ?: firstOther("type id", row.typeIds, case.typeIds)
            ?: case.offsets?.let { offsets ->
                firstOther("start", row.starts, offsets.map { it[0] }.toIntArray())
                    ?: firstOther("end", row.ends, offsets.map { it[1] }.toIntArray())
            }
        return TestCase(TestPart.TOKENIZER, case.name, difference)
    }

    private fun firstOther(what: String, found: IntArray, expected: IntArray): String? {
        if (found.size != expected.size) return "${found.size} tokens, not ${expected.size}"
        val place = found.indices.firstOrNull { found[it] != expected[it] } ?: return null
        return "$what of token $place is ${found[place]}, not ${expected[place]}"
    }

    private fun outputs(case: GoldenCase, inference: Inference, tolerance: Tolerance): TestCase {
        val zeros = IntArray(case.ids.size)
        val row = Encoding(
            case.ids, case.typeIds, zeros, zeros, zeros, zeros, case.attentionMask,
        )
        val outputs = inference.run(row)
        var maxAbs = 0f
        var difference: String? = null
        for ((name, sample) in case.outputs) {
            val found = sample.of(compared(name, outputs.getValue(name), case.rows))
            val distance = distance(found, sample)
            maxAbs = maxOf(maxAbs, distance)
            val cosine = if (found.size < LEAST_FOR_COSINE) 1.0 else cosine(found, sample.values)
            if (difference == null && (distance > tolerance.maxAbs || cosine < tolerance.cosine)) {
                difference = "$name: max abs $distance, cosine $cosine, against $tolerance"
            }
        }
        return TestCase(TestPart.OUTPUTS, case.name, difference, maxAbs)
    }

    /** Of an output with values for each token only the case's tokens. */
    private fun compared(name: String, output: Tensor, rows: IntArray): FloatArray {
        val spec = manifest.artifacts.first().outputs.first { it.name == name }
        if (!spec.isPerToken) return output.values
        return rows.map(output::row).fold(FloatArray(0)) { all, row -> all + row }
    }

    private fun distance(found: FloatArray, sample: GoldenCase.Sample): Float {
        if (found.size != sample.values.size) return Float.POSITIVE_INFINITY
        val largest = found.indices.maxOfOrNull { abs(found[it] - sample.values[it]) } ?: 0f
        return if (sample.scale == 0f) largest else largest / sample.scale
    }

    private fun postprocessing(add: (TestCase) -> Unit) = postprocessCases { case, facts ->
        val difference = otherTokens(case, facts.maxLength)
            ?: difference(answer(case).toJson(), case.answer, facts.tolerance)
        add(TestCase(TestPart.POSTPROCESSING, case.name, difference))
    }

    private fun postprocessCases(each: (PostprocessCase, PostprocessCase.Facts) -> Unit) {
        PostprocessCase.read(bundle, manifest.postprocess?.file ?: return, each)
    }

    private fun answer(case: PostprocessCase): Answer = PostProcessor(manifest, bundle.tokenizer)
        .answer(Prompt(case.texts, case.rows, leftOut = 0), case.outputs, case.top)

    private fun otherTokens(case: PostprocessCase, maxLength: Int): String? {
        val rows = Prompter(manifest, bundle.tokenizer, maxLength).prompt(case.texts).rows
        if (rows.size != case.rows.size) return "${rows.size} rows, not ${case.rows.size}"
        return rows.indices.firstNotNullOfOrNull { row ->
            val (found, expected) = rows[row] to case.rows[row]
            firstOther("id", found.ids, expected.ids)
                ?: firstOther("attention", attention(found), attention(expected))
                ?: "other tokens count".takeIf { found.skipped != expected.skipped }
        }
    }

    private fun attention(row: Encoding) = row.attentionMask ?: IntArray(row.size) { 1 }

    private companion object {
        /** Values from which on a cosine says something. */
        const val LEAST_FOR_COSINE = 16
    }
}
