package dev.edgekit.onnxruntime

import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import dev.edgekit.core.Accelerator
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.Engine
import dev.edgekit.core.EngineFactory
import dev.edgekit.core.EngineRequest
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** ONNX Runtime: the same classes on a phone and, in tests, on any Java machine. */
public object OnnxRuntime : EngineFactory {
    /** The name of the runtime in manifests. */
    public const val NAME: String = "onnxruntime"

    override fun open(request: EngineRequest): Engine = told {
        Telemetry.off()
        val environment = OrtEnvironment.getEnvironment()
        environment.setTelemetry(false)
        options(request).use { options ->
            OnnxRuntimeEngine(request, environment, environment.createSession(request.path, options))
        }
    }

    private fun options(request: EngineRequest) = OrtSession.SessionOptions().apply {
        if (request.threads > 0) setIntraOpNumThreads(request.threads)
        when (request.accelerator) {
            Accelerator.CPU -> Unit
            Accelerator.XNNPACK -> addXnnpack(emptyMap())
            Accelerator.NNAPI -> addNnapi()
            else -> throw EdgekitError.RuntimeFailed(
                "ONNX Runtime has no ${request.accelerator}: take CPU, XNNPACK or NNAPI",
            )
        }
    }
}

private class OnnxRuntimeEngine(
    private val request: EngineRequest,
    private val environment: OrtEnvironment,
    private val session: OrtSession,
) : Engine {
    override val title = "${OnnxRuntime.NAME} ${environment.version}"

    private val takesLongs = session.inputInfo.mapValues { (_, input) ->
        (input.info as TensorInfo).type == OnnxJavaType.INT64
    }

    override fun run(inputs: Map<String, IntArray>): Map<String, FloatArray> = told {
        val tensors = HashMap<String, OnnxTensor>()
        try {
            for (name in request.inputs) tensors[name] = tensor(name, inputs.getValue(name))
            session.run(tensors, request.outputs.toSet()).use { results ->
                request.outputs.associateWith { values(results, it) }
            }
        } finally {
            tensors.values.forEach { it.close() }
        }
    }

    override fun close() = session.close()

    private fun tensor(name: String, row: IntArray): OnnxTensor {
        val shape = longArrayOf(1, row.size.toLong())
        val bytes = ByteBuffer.allocateDirect(Long.SIZE_BYTES * row.size).order(ByteOrder.nativeOrder())
        if (takesLongs.getValue(name)) {
            val longs = bytes.asLongBuffer()
            for (id in row) longs.put(id.toLong())
            longs.flip()
            return OnnxTensor.createTensor(environment, longs, shape)
        }
        val ints = bytes.asIntBuffer().put(row)
        ints.flip()
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
