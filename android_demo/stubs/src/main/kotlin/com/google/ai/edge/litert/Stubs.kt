@file:Suppress("UNUSED_PARAMETER")

package com.google.ai.edge.litert

class LiteRtException(message: String) : RuntimeException(message)

enum class Accelerator { CPU, GPU, NPU }

class TensorBuffer : AutoCloseable {
    fun writeInt(data: IntArray): Unit = stub()

    fun readFloat(): FloatArray = stub()

    override fun close(): Unit = stub()
}

class CompiledModel : AutoCloseable {
    data class CpuOptions(
        val numThreads: Int? = null,
        val xnnPackFlags: Int? = null,
        val xnnPackWeightCachePath: String? = null,
    )

    class Options(vararg accelerators: Accelerator) {
        var cpuOptions: CpuOptions? = null
    }

    fun createInputBuffer(inputName: String, signature: String? = null): TensorBuffer = stub()

    fun createOutputBuffer(outputName: String, signature: String? = null): TensorBuffer = stub()

    fun run(
        inputs: Map<String, TensorBuffer>,
        outputs: Map<String, TensorBuffer>,
        signature: String? = null,
    ): Unit = stub()

    override fun close(): Unit = stub()

    companion object {
        fun create(filePath: String, options: Options): CompiledModel = stub()
    }
}

private fun stub(): Nothing = throw UnsupportedOperationException("a stub")
