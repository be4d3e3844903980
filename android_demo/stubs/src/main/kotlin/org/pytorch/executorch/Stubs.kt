@file:Suppress("UNUSED_PARAMETER")

package org.pytorch.executorch

class Tensor {
    val dataAsFloatArray: FloatArray get() = stub()

    companion object {
        fun fromBlob(data: IntArray, shape: LongArray): Tensor = stub()
    }
}

class EValue {
    fun toTensor(): Tensor = stub()

    companion object {
        fun from(tensor: Tensor): EValue = stub()
    }
}

class Module {
    fun forward(vararg inputs: EValue): Array<EValue> = stub()

    fun destroy(): Unit = stub()

    companion object {
        const val LOAD_MODE_MMAP: Int = 1

        fun load(modelPath: String, loadMode: Int, numThreads: Int): Module = stub()
    }
}

private fun stub(): Nothing = throw UnsupportedOperationException("a stub")
