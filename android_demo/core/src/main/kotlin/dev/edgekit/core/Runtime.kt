package dev.edgekit.core

import java.io.File

/**
 * What opens the files of one format.
 *
 * Each is a module of its own, found by [java.util.ServiceLoader], so that an app ships only those
 * that it needs.
 */
public interface Runtime {
    /** As manifests name it: `onnxruntime`, `litert` or `executorch`. */
    public val name: String

    /** Where it can compute; always the [Accelerator.CPU]. */
    public val accelerators: Set<Accelerator>

    /**
     * Opens a file.
     *
     * @param file where it is; [Artifact.data] lies beside it
     * @param artifact what the manifest says of it
     * @throws EdgekitError.RuntimeFailed it cannot be opened so
     */
    public fun open(file: File, artifact: Artifact, options: EngineOptions = EngineOptions()): Engine
}

/** Where a runtime computes. */
public enum class Accelerator { CPU, XNNPACK, NNAPI, GPU }

/**
 * How a file is opened.
 *
 * @property threads on the CPU, at least 1
 * @property weightCache a folder for packed weights, which LiteRT then maps instead of packing them
 *   at every start; null: it packs them. Take one that goes with an update of the app, like
 *   `Context.codeCacheDir`, and that nobody else can write
 */
public data class EngineOptions(
    val threads: Int = 2,
    val accelerator: Accelerator = Accelerator.CPU,
    val weightCache: File? = null,
)
