package dev.edgekit.core

import java.io.Closeable

/** A model file that a runtime has opened. Not to be used by two threads at once. */
public interface Engine : Closeable {
    /** The runtime and its version, for people: `onnxruntime 1.29.0`. */
    public val title: String

    /**
     * One inference of one row.
     *
     * @param inputs by name, each of the same length; where the file has static lengths it is one
     *   of them
     * @return by name, the outputs' values in C order, without the batch axis
     * @throws EdgekitError.RuntimeFailed the runtime refuses them
     */
    public fun run(inputs: Map<String, IntArray>): Map<String, FloatArray>

    /** Pays now what the first inference of each length costs more than later ones. */
    public fun prewarm()
}
