package dev.edgekit.core

import kotlin.math.ln

/**
 * A label of a text classification.
 *
 * @property index in the model's order
 * @property score a probability; of a regression the value itself
 */
public data class Label(val label: String, val index: Int, val score: Float) {
    internal fun toJson() = mapOf("label" to label, "index" to index, "score" to score)
}

/**
 * The answer of a text classification.
 *
 * @property labels from the largest score to the smallest; of a regression in the model's order
 * @property chosen the best label, or all above the threshold where each stands for itself; of a
 *   regression none
 */
public data class Classification(
    val problemType: String,
    val labels: List<Label>,
    val chosen: List<String>,
) : Answer {
    override fun toJson(): Map<String, Any?> = mapOf(
        "problem_type" to problemType,
        "labels" to labels.map { it.toJson() },
        "chosen" to chosen,
    )

    internal companion object {
        /** From one logit a label; [top] labels are kept. */
        fun of(
            logits: FloatArray,
            names: List<String>,
            settings: Postprocessing,
            problemType: String,
            top: Int,
        ): Classification {
            val scores = when (settings.activation) {
                Activation.SOFTMAX -> softmax(logits)
                Activation.SIGMOID -> sigmoid(logits)
                Activation.IDENTITY -> logits
            }
            val isRanked = settings.activation != Activation.IDENTITY
            val order = if (isRanked) ranked(logits) else logits.indices.toList().toIntArray()
            val labels = order.map { Label(names[it], it, scores[it]) }
            val chosen = when (settings.activation) {
                Activation.SOFTMAX -> labels.take(1)
                Activation.SIGMOID -> logitOf(settings.threshold ?: HALF).let { least ->
                    labels.filter { logits[it.index] > least }
                }
                Activation.IDENTITY -> emptyList()
            }
            return Classification(problemType, labels.take(top), chosen.map { it.label })
        }

        private const val HALF = 0.5f

        /** Where the sigmoid is [score]: exact at one half, as a comparison of scores is not. */
        private fun logitOf(score: Float): Float = ln(score / (1 - score))
    }
}
