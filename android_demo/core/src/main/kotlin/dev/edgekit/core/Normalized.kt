package dev.edgekit.core

/**
 * A text on its way to the model: code points, each with the piece of the original it stands for.
 *
 * @property starts of each piece, in code points of the original
 * @property ends likewise, the first behind the piece
 */
internal class Normalized(val points: IntArray, val starts: IntArray, val ends: IntArray) {
    val size: Int get() = points.size

    fun slice(from: Int, until: Int): Normalized = Normalized(
        points.copyOfRange(from, until),
        starts.copyOfRange(from, until),
        ends.copyOfRange(from, until),
    )

    /** With a code point in front that stands for what the first one does, unless it is that. */
    fun prefixed(point: Int): Normalized = if (points[0] == point) this else Normalized(
        intArrayOf(point) + points,
        intArrayOf(starts[0]) + starts,
        intArrayOf(ends[0]) + ends,
    )

    /** With other code points in the same places. */
    fun map(change: (Int) -> Int): Normalized =
        Normalized(IntArray(size) { change(points[it]) }, starts, ends)

    /** Without the code points that [keep] does not want. */
    fun filter(keep: (Int) -> Boolean): Normalized {
        val places = points.indices.filter { keep(points[it]) }
        return Normalized(
            IntArray(places.size) { points[places[it]] },
            IntArray(places.size) { starts[places[it]] },
            IntArray(places.size) { ends[places[it]] },
        )
    }

    companion object {
        /** The text as it was given. */
        fun of(text: CodePoints): Normalized =
            Normalized(text.values, IntArray(text.size) { it }, IntArray(text.size) { it + 1 })
    }
}

/**
 * A new text made of an old one, from left to right.
 *
 * Each code point that is written says how the old text moves on: by the one that it replaces and
 * those that are dropped behind it, or not at all where it is inserted. What is inserted stands for
 * what the code point before it does. So the tokenizers library counts, and offsets depend on it.
 */
internal class Rewriting(private val old: Normalized) {
    private var place = 0
    private val points = IntList(old.size)
    private val starts = IntList(old.size)
    private val ends = IntList(old.size)

    /** Writes a code point in the place of the next one; [dropped] behind that are left out. */
    fun replace(point: Int, dropped: Int = 0) {
        write(point, place)
        place += 1 + dropped
    }

    /** Writes a code point besides. */
    fun insert(point: Int) = write(point, place - 1)

    /** Leaves out the next code points. */
    fun skip(count: Int) {
        place += count
    }

    /** Either, by the library's number: above 0 inserts, below it counts what is dropped. */
    fun change(point: Int, change: Int) {
        if (change > 0) insert(point) else replace(point, dropped = -change)
    }

    fun done(): Normalized = Normalized(points.toArray(), starts.toArray(), ends.toArray())

    private fun write(point: Int, from: Int) {
        points.add(point)
        starts.add(old.starts[maxOf(from, 0)])
        ends.add(if (from < 0) old.starts[0] else old.ends[from])
    }
}
