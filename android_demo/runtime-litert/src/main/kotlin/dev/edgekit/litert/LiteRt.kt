package dev.edgekit.litert

import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.TensorBuffer
import dev.edgekit.core.Accelerator
import dev.edgekit.core.Artifact
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.Engine
import dev.edgekit.core.EngineOptions
import dev.edgekit.core.Runtime
import java.io.File
import com.google.ai.edge.litert.Accelerator as LiteRtAccelerator

/** LiteRT's compiled models. */
public class LiteRt : Runtime {
    override val name: String = "litert"

    override val accelerators: Set<Accelerator> = setOf(Accelerator.CPU, Accelerator.GPU)

    override fun open(file: File, artifact: Artifact, options: EngineOptions): Engine = told {
        LiteRtEngine(artifact, CompiledModel.create(file.path, compilation(artifact, options)))
    }

    private fun compilation(artifact: Artifact, options: EngineOptions) = when (options.accelerator) {
        Accelerator.CPU -> CompiledModel.Options(LiteRtAccelerator.CPU).apply {
            cpuOptions = CompiledModel.CpuOptions(
                numThreads = options.threads,
                xnnPackWeightCachePath = weightCache(artifact, options)?.path,
            )
        }
        Accelerator.GPU -> CompiledModel.Options(LiteRtAccelerator.GPU)
        else -> throw EdgekitError.RuntimeFailed(
            "LiteRT has no ${options.accelerator}: take one of $accelerators",
        )
    }

    /** Named by what the file holds: XNNPACK takes another model's weights of the same shapes. */
    private fun weightCache(artifact: Artifact, options: EngineOptions): File? {
        val folder = options.weightCache?.takeIf { artifact.sha256.isNotEmpty() } ?: return null
        folder.mkdirs()
        return File(folder, "${artifact.sha256}.xnnpack")
    }
}

private class LiteRtEngine(
    private val artifact: Artifact,
    private val model: CompiledModel,
) : Engine {
    override val title = "LiteRT"
    private val buffers = HashMap<Int, Buffers>()

    override fun run(inputs: Map<String, IntArray>): Map<String, FloatArray> = told {
        val length = inputs.values.first().size
        buffers.getOrPut(length) { Buffers("seq_$length") }.run(inputs)
    }

    override fun close() {
        buffers.values.forEach { it.close() }
        model.close()
    }

    /** What one signature reads and writes, made once. */
    private inner class Buffers(private val signature: String) {
        private val feeds =
            artifact.inputs.associate { it.name to model.createInputBuffer(it.name, signature) }
        private val results =
            artifact.outputs.associate { it.name to model.createOutputBuffer(it.name, signature) }

        fun run(inputs: Map<String, IntArray>): Map<String, FloatArray> {
            for ((name, buffer) in feeds) buffer.writeInt(inputs.getValue(name))
            model.run(feeds, results, signature)
            return results.mapValues { (_, buffer) -> buffer.readFloat() }
        }

        fun close() = (feeds.values + results.values).forEach(TensorBuffer::close)
    }
}

/** What LiteRT refuses as this library's error. */
private inline fun <T> told(work: () -> T): T = try {
    work()
} catch (error: LiteRtException) {
    val reason = error.message.orEmpty().lineSequence().first()
    throw EdgekitError.RuntimeFailed("LiteRT failed: $reason", error)
}
