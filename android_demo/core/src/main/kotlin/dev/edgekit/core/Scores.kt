package dev.edgekit.core

import kotlin.math.abs
import kotlin.math.exp

/** e^x of each over their sum; the largest is taken off first, so that nothing overflows. */
internal fun softmax(logits: FloatArray): FloatArray {
    val largest = logits.maxOrNull() ?: return logits
    val powers = FloatArray(logits.size) { exp(logits[it] - largest) }
    var sum = 0.0
    for (power in powers) sum += power
    return FloatArray(logits.size) { (powers[it] / sum).toFloat() }
}

/** 1 over 1 plus e^-x of each; never overflows. */
internal fun sigmoid(logits: FloatArray): FloatArray = FloatArray(logits.size) {
    val power = exp(-abs(logits[it]))
    (if (logits[it] >= 0) 1f else power) / (1 + power)
}

/** Indices of the [top] largest values, the largest first; of equal ones the lower index. */
internal fun ranked(values: FloatArray, top: Int = values.size): IntArray {
    val count = minOf(top, values.size)
    if (count > FEW) return values.indices.sortedByDescending { values[it] + 0f }.toIntArray()
        .copyOf(count)
    val best = IntArray(count)
    var found = 0
    for (index in values.indices) {
        if (found == count && (count == 0 || values[index] <= values[best[count - 1]])) continue
        if (found < count) found++
        var place = found - 1
        while (place > 0 && values[best[place - 1]] < values[index]) {
            best[place] = best[place - 1]
            place--
        }
        best[place] = index
    }
    return best
}

/** So many are kept in order while a vocabulary is passed; more are sorted. */
private const val FEW = 64
