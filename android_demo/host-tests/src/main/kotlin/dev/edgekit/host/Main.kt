package dev.edgekit.host

import dev.edgekit.core.BenchmarkContract
import dev.edgekit.core.BenchmarkRequest
import dev.edgekit.core.Runtime
import dev.edgekit.onnxruntime.OnnxRuntime
import java.io.File
import java.io.FileDescriptor
import java.io.FileOutputStream
import java.io.PrintStream

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
    val answers = PrintStream(FileOutputStream(FileDescriptor.out), true, Charsets.UTF_8.name())
    CommandLine(runtimes).use { commands ->
        System.`in`.bufferedReader().forEachLine { answers.println(commands.obey(it)) }
    }
}

/** ONNX Runtime, and LiteRT where the property `litert` names its library. */
private fun runtimes(): List<Runtime> =
    listOfNotNull(OnnxRuntime(), System.getProperty("litert")?.let(::HostLiteRt))
