package dev.edgekit.core

/**
 * Unicode's normalisation forms: NFD and NFKD, by their table of decompositions, and NFC and NFKC,
 * which compose the result again.
 */
internal class UnicodeForms(
    private val decompositions: CodePointMap,
    private val classes: CombiningClasses,
    private val composition: Composition?,
) {
    /** Code points with what becomes of the old text at each (see [Rewriting.change]). */
    private class Changes(capacity: Int) {
        val points = IntList(capacity)
        val changes = IntList(capacity)

        fun add(point: Int, change: Int) {
            points.add(point)
            changes.add(change)
        }
    }

    fun normalize(text: Normalized): Normalized {
        val apart = decomposed(text)
        val made = if (composition == null) apart else composed(apart, composition)
        val rewriting = Rewriting(text)
        for (place in 0 until made.points.size) {
            rewriting.change(made.points[place], made.changes[place])
        }
        return rewriting.done()
    }

    private fun decomposed(text: Normalized): Changes {
        val made = Changes(text.size)
        for (point in text.points) {
            val parts = decompositions[point]
                ?: if (Hangul.isSyllable(point)) Hangul.decompose(point) else intArrayOf(point)
            for (index in parts.indices) made.add(parts[index], if (index == 0) 0 else 1)
        }
        order(made)
        return made
    }

    /** Sorts each run of marks by class; equal ones stay in order. */
    private fun order(made: Changes) {
        var start = 0
        while (start < made.points.size) {
            var end = start
            while (end < made.points.size && classes[made.points[end]] != 0) end++
            if (end - start > 1) order(made, start until end)
            start = end + 1
        }
    }

    private fun order(made: Changes, run: IntRange) {
        val marks = run.map { Mark(made.points[it], made.changes[it]) }
            .sortedBy { classes[it.point] }
        marks.forEachIndexed { index, mark ->
            made.points[run.first + index] = mark.point
            made.changes[run.first + index] = mark.change
        }
    }

    private class Mark(val point: Int, val change: Int)

    private fun composed(apart: Changes, composition: Composition): Changes {
        val made = Changes(apart.points.size)
        var starter = -1 // place of what later code points may be composed with
        var lastClass = 0 // of the marks between, 0 if there are none
        for (place in 0 until apart.points.size) {
            val point = apart.points[place]
            val change = apart.changes[place]
            val pointClass = classes[point]
            val isBlocked = lastClass != 0 && lastClass >= pointClass
            val isOpen = starter >= 0 && !isBlocked
            val one = if (isOpen) composition[made.points[starter], point] else null
            if (one != null) {
                made.points[starter] = one
                made.changes[starter] = made.changes[starter] + change - 1
                continue
            }
            if (pointClass == 0) starter = made.points.size
            lastClass = pointClass
            made.add(point, change)
        }
        return made
    }
}
