package dev.edgekit.executorch

import dev.edgekit.core.Accelerator
import dev.edgekit.core.Artifact
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.Engine
import dev.edgekit.core.EngineOptions
import dev.edgekit.core.Runtime
import java.io.File
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor

/** ExecuTorch, which computes with XNNPACK: its files say so when they are made. */
public class ExecuTorch : Runtime {
    override val name: String = "executorch"

    override val accelerators: Set<Accelerator> = setOf(Accelerator.CPU)

    override fun open(file: File, artifact: Artifact, options: EngineOptions): Engine {
        if (options.accelerator !in accelerators) {
            throw EdgekitError.RuntimeFailed(
                "ExecuTorch has no ${options.accelerator}: take one of $accelerators",
            )
        }
        return told {
            val module = Module.load(file.path, Module.LOAD_MODE_MMAP, options.threads)
            ExecuTorchEngine(artifact, module)
        }
    }
}

private class ExecuTorchEngine(
    private val artifact: Artifact,
    private val module: Module,
) : Engine {
    override val title = "ExecuTorch"

    override fun run(inputs: Map<String, IntArray>): Map<String, FloatArray> = told {
        val feeds = artifact.inputs.map { spec ->
            val row = inputs.getValue(spec.name)
            EValue.from(Tensor.fromBlob(row, longArrayOf(1, row.size.toLong())))
        }
        val results = module.forward(*feeds.toTypedArray())
        if (results.size != artifact.outputs.size) {
            throw EdgekitError.RuntimeFailed("${artifact.file} gives ${results.size} outputs: convert again")
        }
        artifact.outputs.indices.associate { place ->
            artifact.outputs[place].name to results[place].toTensor().dataAsFloatArray
        }
    }

    override fun close() = module.destroy()
}

/** What ExecuTorch refuses, as a [RuntimeException], as this library's error. */
private inline fun <T> told(work: () -> T): T = try {
    work()
} catch (error: EdgekitError) {
    throw error
} catch (error: RuntimeException) {
    val reason = error.message.orEmpty().lineSequence().first()
    throw EdgekitError.RuntimeFailed("ExecuTorch failed: $reason", error)
}
