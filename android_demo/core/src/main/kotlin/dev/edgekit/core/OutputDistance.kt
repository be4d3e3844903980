package dev.edgekit.core

import kotlin.math.abs

/**
 * How far an output is from PyTorch's.
 *
 * @param found its values at the places of the sample
 */
internal class OutputDistance(
    private val name: String,
    found: FloatArray,
    sample: GoldenCase.Sample,
) {
    /** The largest difference, as a share of the output's scale. */
    val maxAbs: Float = found.indices.maxOfOrNull { abs(found[it] - sample.values[it]) }
        .let { it ?: 0f }
        .let { if (sample.scale == 0f) it else it / sample.scale }

    private val cosine = if (found.size < LEAST_FOR_COSINE) 1.0 else cosine(found, sample.values)

    /** In words; null where it is within the tolerance. */
    fun beyond(tolerance: Tolerance): String? =
        if (maxAbs <= tolerance.maxAbs && cosine >= tolerance.cosine) null
        else "$name: max abs $maxAbs, cosine $cosine, against $tolerance"

    companion object {
        /** Values from which on a cosine says something. */
        private const val LEAST_FOR_COSINE = 16

        /**
         * Of every output that a case has.
         *
         * @throws EdgekitError.RuntimeFailed one is of another shape
         */
        fun all(
            case: GoldenCase,
            outputs: Map<String, Tensor>,
            specs: List<TensorSpec>,
        ): List<OutputDistance> = case.outputs.map { (name, sample) ->
            val spec = specs.firstOrNull { it.name == name }
            val output = outputs[name]
            val kept = if (spec == null || output == null) null else kept(spec, output, case.rows)
            val found = kept?.let(sample::of) ?: throw EdgekitError.RuntimeFailed(
                "the output $name has another shape than in golden.json: copy the bundle again",
            )
            OutputDistance(name, found, sample)
        }

        /** Of an output with values for each token those of the case; null: it has not so many. */
        private fun kept(spec: TensorSpec, output: Tensor, rows: IntArray): FloatArray? {
            if (!spec.isPerToken) return output.values
            if (rows.any { it !in 0 until output.rows }) return null
            return rows.map(output::row).fold(FloatArray(0)) { all, row -> all + row }
        }
    }
}
