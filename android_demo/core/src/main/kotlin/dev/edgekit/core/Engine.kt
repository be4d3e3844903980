package dev.edgekit.core

import java.io.Closeable

/** A model file that a runtime has opened. Not to be used by two threads at once. */
public interface Engine : Closeable {
    /** The runtime and its version, for people: `onnxruntime 1.29.0`. */
    public val title: String

    /**
     * One inference of one row.
     *
     * @param inputs by name, all of the same length; where the file has static lengths it is one of
     *   them
     * @return by name, the outputs' values in C order
     * @throws EdgekitError.RuntimeFailed the runtime refuses them
     */
    public fun run(inputs: Map<String, IntArray>): Map<String, FloatArray>

    /**
     * Pays now what the first inference costs more than later ones.
     *
     * @param inputs of such an inference
     */
    public fun prewarm(inputs: Map<String, IntArray>) {
        run(inputs)
    }
}
