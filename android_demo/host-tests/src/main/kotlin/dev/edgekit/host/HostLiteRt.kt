package dev.edgekit.host

import com.sun.jna.Memory
import com.sun.jna.NativeLibrary
import com.sun.jna.Pointer
import com.sun.jna.ptr.PointerByReference
import dev.edgekit.core.Accelerator
import dev.edgekit.core.Artifact
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.Engine
import dev.edgekit.core.EngineOptions
import dev.edgekit.core.Runtime
import java.io.File

/**
 * LiteRT's C interface on a Java machine.
 *
 * Android's own LiteRT classes are not to be had from a registry that this project reaches: this
 * engine runs the same files and the same core, and not the app's `runtime-litert`.
 *
 * @param library the wheel's libLiteRt.so
 */
class HostLiteRt(library: String) : Runtime {
    override val name = "litert"
    override val accelerators = setOf(Accelerator.CPU)
    private val native = NativeLibrary.getInstance(library)

    override fun open(file: File, artifact: Artifact, options: EngineOptions): Engine =
        LiteRtEngine(native, file, artifact)
}

private class LiteRtEngine(
    private val native: NativeLibrary,
    file: File,
    private val artifact: Artifact,
) : Engine {
    private val environment = made { call("CreateEnvironment", 0, null, it) }
    private val model = made { call("CreateModelFromFile", environment, file.path, it) }
    private val compiled = compile()
    private val signatures = signatures()

    override val title = "LiteRT"

    override fun run(inputs: Map<String, IntArray>): Map<String, FloatArray> {
        val signature = signatures["seq_${inputs.values.first().size}"]
            ?: throw EdgekitError.RuntimeFailed("the file has no such length")
        val fed = signature.names("Input", artifact.inputs.size)
        val got = signature.names("Output", artifact.outputs.size)
        val buffers = fed.indices.map { signature.buffer("Input", it) } +
            got.indices.map { signature.buffer("Output", it) }
        try {
            val (feeds, results) = buffers.take(fed.size) to buffers.drop(fed.size)
            fed.forEachIndexed { place, name -> write(feeds[place], inputs.getValue(name)) }
            call(
                "RunCompiledModel",
                compiled, signature.number,
                feeds.size.toLong(), pointers(feeds), results.size.toLong(), pointers(results),
            )
            return got.mapIndexed { place, name -> name to read(results[place]) }.toMap()
        } finally {
            buffers.forEach { destroy("TensorBuffer", it) }
        }
    }

    override fun close() {
        destroy("CompiledModel", compiled)
        destroy("Model", model)
        destroy("Environment", environment)
    }

    private fun compile(): Pointer {
        val options = made { call("CreateOptions", it) }
        call("SetOptionsHardwareAccelerators", options, CPU)
        return made { call("CreateCompiledModel", environment, model, options, it) }
            .also { destroy("Options", options) }
    }

    private fun signatures(): Map<String, Signature> {
        val count = Memory(Long.SIZE_BYTES.toLong())
        call("GetNumModelSignatures", model, count)
        return (0 until count.getLong(0)).associate { number ->
            val found = made { call("GetModelSignature", model, number, it) }
            made { call("GetSignatureKey", found, it) }.getString(0) to Signature(number, found)
        }
    }

    private inner class Signature(val number: Long, private val handle: Pointer) {
        fun names(kind: String, count: Int): List<String> = List(count) { place ->
            made { call("GetSignature${kind}Name", handle, place.toLong(), it) }.getString(0)
        }

        fun buffer(kind: String, place: Int): Pointer {
            val index = place.toLong()
            val tensor = made { call("GetSignature${kind}TensorByIndex", handle, index, it) }
            val type = Memory(TYPE_BYTES)
            call("GetRankedTensorType", tensor, type)
            val needs = made {
                call("GetCompiledModel${kind}BufferRequirements", compiled, number, index, it)
            }
            return made {
                call("CreateManagedTensorBufferFromRequirements", environment, type, needs, it)
            }
        }
    }

    private fun write(buffer: Pointer, row: IntArray) =
        locked(buffer, WRITE) { it.write(0, row, 0, row.size) }

    private fun read(buffer: Pointer): FloatArray {
        val bytes = Memory(Long.SIZE_BYTES.toLong())
        call("GetTensorBufferPackedSize", buffer, bytes)
        val size = (bytes.getLong(0) / Float.SIZE_BYTES).toInt()
        return locked(buffer, READ) { it.getFloatArray(0, size) }
    }

    private fun <T> locked(buffer: Pointer, mode: Int, use: (Pointer) -> T): T =
        use(made { call("LockTensorBuffer", buffer, it, mode) })
            .also { call("UnlockTensorBuffer", buffer) }

    private fun pointers(values: List<Pointer>): Memory {
        val size = Long.SIZE_BYTES.toLong()
        val memory = Memory(size * values.size)
        values.forEachIndexed { place, each -> memory.setPointer(size * place, each) }
        return memory
    }

    private fun made(fill: (PointerByReference) -> Unit): Pointer =
        PointerByReference().also(fill).value

    private fun call(name: String, vararg arguments: Any?) {
        val status = native.getFunction("LiteRt$name").invokeInt(arrayOf(*arguments))
        if (status != 0) throw EdgekitError.RuntimeFailed("LiteRt$name gave status $status")
    }

    private fun destroy(kind: String, handle: Pointer) =
        native.getFunction("LiteRtDestroy$kind").invoke(arrayOf(handle))

    private companion object {
        const val CPU = 1
        const val READ = 0
        const val WRITE = 1
        const val TYPE_BYTES = 128L // more than LiteRtRankedTensorType has
    }
}
