package dev.edgekit.onnxruntime

import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import dev.edgekit.core.Accelerator
import dev.edgekit.core.Artifact
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.Engine
import dev.edgekit.core.EngineOptions
import dev.edgekit.core.Runtime
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** ONNX Runtime: the same classes on a phone and, in tests, on any Java machine. */
public class OnnxRuntime : Runtime {
    override val name: String = NAME

    override val accelerators: Set<Accelerator> =
        setOf(Accelerator.CPU, Accelerator.XNNPACK, Accelerator.NNAPI)

    override fun open(file: File, artifact: Artifact, options: EngineOptions): Engine = told {
        Telemetry.off()
        val environment = OrtEnvironment.getEnvironment()
        environment.setTelemetry(false)
        sessionOptions(options).use {
            OnnxRuntimeEngine(artifact, environment, environment.createSession(file.path, it))
        }
    }

    private fun sessionOptions(options: EngineOptions) = OrtSession.SessionOptions().apply {
        setIntraOpNumThreads(options.threads)
        when (options.accelerator) {
            Accelerator.CPU -> Unit
            Accelerator.XNNPACK -> addXnnpack(emptyMap())
            Accelerator.NNAPI -> addNnapi()
            else -> throw EdgekitError.RuntimeFailed(
                "ONNX Runtime has no ${options.accelerator}: take one of $accelerators",
            )
        }
    }

    internal companion object {
        const val NAME = "onnxruntime"
    }
}

private class OnnxRuntimeEngine(
    private val artifact: Artifact,
    private val environment: OrtEnvironment,
    private val session: OrtSession,
) : Engine {
    override val title = "${OnnxRuntime.NAME} ${environment.version}"
    private val outputs = artifact.outputs.map { it.name }.toSet()

    private val takesLongs = session.inputInfo.mapValues { (_, input) ->
        (input.info as TensorInfo).type == OnnxJavaType.INT64
    }

    override fun run(inputs: Map<String, IntArray>): Map<String, FloatArray> = told {
        val tensors = HashMap<String, OnnxTensor>()
        try {
            for (input in artifact.inputs) {
                tensors[input.name] = tensor(input.name, inputs.getValue(input.name))
            }
            session.run(tensors, outputs).use { results ->
                outputs.associateWith { values(results, it) }
            }
        } finally {
            tensors.values.forEach { it.close() }
        }
    }

    override fun close() = session.close()

    private fun tensor(name: String, row: IntArray): OnnxTensor {
        val shape = longArrayOf(1, row.size.toLong())
        val isLong = takesLongs.getValue(name)
        val width = if (isLong) Long.SIZE_BYTES else Int.SIZE_BYTES
        val bytes = ByteBuffer.allocateDirect(width * row.size)
        bytes.order(ByteOrder.nativeOrder())
        if (isLong) {
            val longs = bytes.asLongBuffer()
            for (place in row.indices) longs.put(place, row[place].toLong())
            return OnnxTensor.createTensor(environment, longs, shape)
        }
        val ints = bytes.asIntBuffer()
        for (place in row.indices) ints.put(place, row[place])
        return OnnxTensor.createTensor(environment, ints, shape)
    }

    private fun values(results: OrtSession.Result, name: String): FloatArray {
        val buffer = (results[name].get() as OnnxTensor).floatBuffer
        return FloatArray(buffer.remaining()).also { buffer.get(it) }
    }
}

/** What ONNX Runtime refuses as this library's error. */
private inline fun <T> told(work: () -> T): T = try {
    work()
} catch (error: OrtException) {
    val reason = error.message.orEmpty().lineSequence().first()
    throw EdgekitError.RuntimeFailed("ONNX Runtime failed: $reason", error)
}
