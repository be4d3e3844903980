package dev.edgekit.core

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
            case.texts?.let { add(tokenized(case, it, bundle.tokenizer)) }
            if (inference != null) add(outputs(case, inference))
        }
        postprocessing(::add)
        return TestReport(manifest.name, artifact?.file, engine?.title, cases)
    }

    private fun tokenized(case: GoldenCase, texts: List<String>, tokenizer: Tokenizer): TestCase {
        val difference = told {
            val plain = tokenizer.encode(texts, case.maxLength, case.truncation, case.side)
            val row = case.role?.let { manifest.role(it).shaped(plain) } ?: plain
            firstOther("id", row.ids, case.ids)
                ?: firstOther("attention", attention(row), case.attentionMask)
                ?: firstOther("type id", row.typeIds, case.typeIds)
                ?: case.offsets?.let { offsets ->
                    firstOther("start", row.starts, offsets.map { it[0] }.toIntArray())
                        ?: firstOther("end", row.ends, offsets.map { it[1] }.toIntArray())
                }
        }
        return TestCase(TestPart.TOKENIZER, case.name, difference)
    }

    /** The difference that a test finds; what the library refuses is one, too. */
    private inline fun told(test: () -> String?): String? = try {
        test()
    } catch (error: EdgekitError) {
        error.message
    }

    private fun firstOther(what: String, found: IntArray, expected: IntArray): String? {
        if (found.size != expected.size) return "${found.size} tokens, not ${expected.size}"
        val place = found.indices.firstOrNull { found[it] != expected[it] } ?: return null
        return "$what of token $place is ${found[place]}, not ${expected[place]}"
    }

    private fun outputs(case: GoldenCase, inference: Inference): TestCase {
        var maxAbs: Float? = null
        val difference = told {
            val zeros = IntArray(case.ids.size)
            val row = Encoding(
                case.ids, case.typeIds, zeros, zeros, zeros, zeros, case.attentionMask,
            )
            val outputs = inference.run(row)
            val distances = OutputDistance.all(case, outputs, inference.artifact.outputs)
            maxAbs = distances.maxOfOrNull { it.maxAbs }
            distances.firstNotNullOfOrNull { it.beyond(inference.artifact.tolerance) }
        }
        return TestCase(TestPart.OUTPUTS, case.name, difference, maxAbs)
    }

    private fun postprocessing(add: (TestCase) -> Unit) {
        val file = manifest.postprocess?.file ?: return
        val tokenizer = bundle.tokenizer
        val processor = PostProcessor(manifest, tokenizer)
        PostprocessCase.read(bundle, file) { case, facts ->
            val prompter = Prompter(manifest, tokenizer, facts.maxLength)
            val difference = told {
                otherRows(prompter.prompt(case.texts).rows, case.rows) ?: difference(
                    processor.answer(case.prompt, case.outputs, case.top).toJson(),
                    case.answer,
                    facts.tolerance,
                )
            }
            add(TestCase(TestPart.POSTPROCESSING, case.name, difference))
        }
    }

    private fun otherRows(found: List<Encoding>, expected: List<Encoding>): String? {
        if (found.size != expected.size) return "${found.size} rows, not ${expected.size}"
        return found.indices.firstNotNullOfOrNull { row ->
            COLUMNS.firstNotNullOfOrNull { (name, column) ->
                firstOther(name, column(found[row]), column(expected[row]))
            } ?: "other tokens count".takeIf { found[row].skipped != expected[row].skipped }
        }
    }

    private companion object {
        fun attention(row: Encoding): IntArray = row.attentionMask ?: IntArray(row.size) { 1 }

        /** What is known of tokens, by its name for people. */
        val COLUMNS: List<Pair<String, (Encoding) -> IntArray>> = listOf(
            "id" to Encoding::ids,
            "attention" to ::attention,
            "type id" to Encoding::typeIds,
            "start" to Encoding::starts,
            "end" to Encoding::ends,
            "text" to Encoding::sequenceIds,
            "word" to Encoding::wordIds,
        )
    }
}
