package dev.edgekit.core

import kotlin.math.abs

/**
 * Where an answer differs from what postprocess.json says.
 *
 * @param tolerance of scores; texts, labels and offsets have to be equal
 * @return the first such place with both values, or null; never a text of the user's
 */
internal fun difference(
    found: Any?,
    expected: Any?,
    tolerance: Double,
    place: String = "answer",
): String? =
    when {
        found is Map<*, *> && expected is JsonObject ->
            if (found.keys != expected.fields.keys) "$place has other fields"
            else first(found.keys) {
                difference(found[it], expected.fields[it], tolerance, "$place.$it")
            }
        found is FloatArray -> difference(found.asList(), expected, tolerance, place)
        found is List<*> && expected is List<*> ->
            if (found.size != expected.size) "$place has ${found.size} entries"
            else first(found.indices) {
                difference(found[it], expected[it], tolerance, "$place[$it]")
            }
        found is Float && expected is Double ->
            if (abs(found - expected) <= tolerance) null else "$place is $found, not $expected"
        found is Int && expected is Double ->
            if (found.toDouble() == expected) null else "$place is $found, not $expected"
        else -> if (found == expected) null else "$place is another"
    }

private inline fun <T> first(places: Iterable<T>, at: (T) -> String?): String? {
    for (place in places) at(place)?.let { return it }
    return null
}
