package dev.edgekit.core

import kotlin.math.abs
import kotlin.math.pow
import kotlin.math.sqrt

/** How alike two texts are, the larger the more; a cosine is from -1 to 1. */
public data class Similarity(val similarity: Float) : Answer {
    override fun toJson(): Map<String, Any?> = mapOf("similarity" to similarity)
}

/** One text's vector, as the model gives it. */
public class Embedding(public val vector: FloatArray) : Answer {
    override fun toJson(): Map<String, Any?> = mapOf("vector" to vector)
}

/** Of two vectors of one size; distances are negative, so that the larger is the more alike. */
internal fun VectorSimilarity.of(x: FloatArray, y: FloatArray): Float = when (this) {
    VectorSimilarity.COSINE -> cosine(x, y)
    VectorSimilarity.DOT -> dot(x, y)
    VectorSimilarity.EUCLIDEAN -> -sqrt(sum(x.size) { (x[it].toDouble() - y[it]).pow(2) })
    VectorSimilarity.MANHATTAN -> -sum(x.size) { abs(x[it].toDouble() - y[it]) }
}.toFloat()

/** Of the angle between them; 0 where one has no length. */
internal fun cosine(x: FloatArray, y: FloatArray): Double {
    val lengths = sqrt(dot(x, x)) * sqrt(dot(y, y))
    return if (lengths == 0.0) 0.0 else (dot(x, y) / lengths).coerceIn(-1.0, 1.0)
}

internal fun dot(x: FloatArray, y: FloatArray): Double = sum(x.size) { x[it].toDouble() * y[it] }

private inline fun sum(size: Int, value: (Int) -> Double): Double {
    var total = 0.0
    for (index in 0 until size) total += value(index)
    return total
}
