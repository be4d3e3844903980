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

/** What computes a model on a phone; each runtime has some of these. */
public enum class Accelerator { CPU, XNNPACK, NNAPI, GPU, NPU }

/**
 * How a file is opened.
 *
 * @property path of the file
 * @property inputs names in the manifest's order
 * @property outputs likewise
 * @property threads of the runtime; 0 is its own choice
 */
public data class EngineRequest(
    val path: String,
    val inputs: List<String>,
    val outputs: List<String>,
    val threads: Int = 0,
    val accelerator: Accelerator = Accelerator.CPU,
) {
    public companion object {
        /** For a bundle's artifact that lies at [path]. */
        public fun of(artifact: Artifact, path: String, threads: Int = 0): EngineRequest =
            EngineRequest(
                path,
                artifact.inputs.map { it.name },
                artifact.outputs.map { it.name },
                threads,
            )
    }
}

/** A runtime that an app ships: it opens files. */
public fun interface EngineFactory {
    /** @throws EdgekitError.RuntimeFailed the file does not open, or not with that accelerator */
    public fun open(request: EngineRequest): Engine
}
