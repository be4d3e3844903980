package dev.edgekit.core

/** Integers that are added one by one. */
internal class IntList(capacity: Int = 16) {
    private var values = IntArray(maxOf(1, capacity))
    var size: Int = 0
        private set

    fun add(value: Int) {
        if (size == values.size) values = values.copyOf(size * 2)
        values[size++] = value
    }

    operator fun get(index: Int): Int = values[index]

    operator fun set(index: Int, value: Int) {
        values[index] = value
    }

    fun toArray(): IntArray = values.copyOf(size)
}
