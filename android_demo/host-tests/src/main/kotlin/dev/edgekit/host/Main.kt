package dev.edgekit.host

import dev.edgekit.core.BenchmarkContract
import dev.edgekit.core.BenchmarkRequest
import dev.edgekit.core.EngineFactory
import dev.edgekit.onnxruntime.OnnxRuntime
import java.io.File

/**
 * The library on a Java machine, for tests.
 *
 * Without arguments it obeys lines of its input ([CommandLine]). `launch FOLDER NAME VALUE ...` is
 * one launch of an app: extras by name, results in the folder.
 */
fun main(arguments: Array<String>) {
    val runtimes = runtimes()
    if (arguments.firstOrNull() == "launch") {
        val extras = arguments.drop(2).chunked(2).associate { (name, value) -> name to value }
        println(BenchmarkContract(runtimes, File(arguments[1])).launch(BenchmarkRequest.of(extras)))
        return
    }
    val commands = CommandLine(runtimes)
    for (line in generateSequence(::readLine)) println(commands.obey(line))
}

/** ONNX Runtime, and LiteRT where the property `litert` names its library. */
private fun runtimes(): Map<String, EngineFactory> {
    val litert = System.getProperty("litert")?.let { mapOf(HostLiteRt.NAME to HostLiteRt(it)) }
    return mapOf(OnnxRuntime.NAME to OnnxRuntime) + litert.orEmpty()
}
