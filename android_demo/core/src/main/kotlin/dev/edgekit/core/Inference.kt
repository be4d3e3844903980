package dev.edgekit.core

import java.util.concurrent.CancellationException

/** An artifact in its engine: rows of ids go in, outputs without padding come out. */
internal class Inference(
    val artifact: Artifact,
    private val engine: Engine,
    private val padId: Int,
) {
    /**
     * Each row's outputs, by name.
     *
     * @throws CancellationException the thread was interrupted between two rows
     * @throws EdgekitError.RuntimeFailed the engine failed, or gave what is no answer
     */
    fun run(rows: List<Encoding>): List<Map<String, Tensor>> = rows.map { row ->
        if (Thread.currentThread().isInterrupted) throw CancellationException("interrupted")
        run(row)
    }

    /** One row's outputs, by name. */
    fun run(row: Encoding): Map<String, Tensor> {
        val length = bucket(row.size)
        val outputs = engine.run(inputs(row, length))
        return artifact.outputs.associate { spec ->
            val values = outputs[spec.name] ?: throw EdgekitError.RuntimeFailed(
                "${artifact.file} gives no ${spec.name}: convert again",
            )
            spec.name to tensor(spec, values, length, row.size)
        }
    }

    /** Runs an empty row of each static length, or one of a single token. */
    fun prewarm() {
        for (length in artifact.buckets ?: listOf(1)) {
            val inputs = artifact.inputs.associate { it.name to IntArray(length) }
            engine.prewarm(inputs + (MASK to IntArray(length) { 1 }))
        }
    }

    /** The length at which a row of so many tokens runs. */
    fun bucket(tokens: Int): Int = Buckets.smallest(tokens, artifact.buckets)
        ?: throw EdgekitError.RuntimeFailed(
            "${artifact.file} takes ${artifact.buckets?.lastOrNull()} tokens at most, not $tokens",
        )

    private fun inputs(row: Encoding, length: Int): Map<String, IntArray> =
        artifact.inputs.associate { spec ->
            spec.name to when (spec.name) {
                "input_ids" -> row.ids.copyOf(length).also { it.fill(padId, row.size, length) }
                MASK -> row.attentionMask?.copyOf(length)
                    ?: IntArray(length) { if (it < row.size) 1 else 0 }
                "token_type_ids" -> row.typeIds.copyOf(length)
                else -> throw EdgekitError.RuntimeFailed(
                    "${artifact.file} wants an unknown ${spec.name}: update the library",
                )
            }
        }

    private fun tensor(spec: TensorSpec, values: FloatArray, length: Int, tokens: Int): Tensor {
        val padded = spec.at(length)
        if (padded.fold(1L) { size, axis -> size * axis } != values.size.toLong()) {
            throw EdgekitError.RuntimeFailed(
                "${artifact.file} gives ${values.size} values of ${spec.name}, other than its " +
                    "manifest says: copy the bundle again",
            )
        }
        val shape = spec.at(tokens)
        val own = values.copyOf(shape.fold(1) { size, axis -> size * axis })
        if (own.any { it.isNaN() || it.isInfinite() }) {
            throw EdgekitError.RuntimeFailed(
                "${artifact.file} gives NaN or infinity for this text: convert again",
            )
        }
        return Tensor(shape, own)
    }

    private companion object {
        const val MASK = "attention_mask"
    }
}
