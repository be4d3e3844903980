package dev.edgekit.core

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * What one launch is asked for (docs/app-contract.md).
 *
 * @property commands what to do, in order
 * @property model the path of the file to open
 * @property runtime its name in manifests
 * @property inputs names in the manifest's order
 * @property outputs likewise
 */
public data class BenchmarkRequest(
    val contract: Int,
    val id: String,
    val commands: List<String>,
    val model: String,
    val runtime: String,
    val inputs: List<String>,
    val outputs: List<String>,
    val threads: Int,
) {
    public companion object {
        /**
         * From a launch's extras, by name; numbers as texts.
         *
         * @throws IllegalArgumentException one is missing, or is no such thing
         */
        public fun of(extras: Map<String, String>): BenchmarkRequest {
            fun extra(name: String) = requireNotNull(extras[name]) { "the request has no $name" }
            fun list(name: String, mark: Char) =
                extra(name).split(mark).map { it.trim() }.filter { it.isNotEmpty() }
            val id = extra("id")
            require(id.isNotEmpty() && id.all { it in LETTERS_AND_DIGITS }) {
                "the id is not of letters and digits"
            }
            return BenchmarkRequest(
                contract = extra("contract").toInt(),
                id = id,
                commands = list("commands", ';'),
                model = extra("model"),
                runtime = extra("runtime"),
                inputs = list("inputs", ','),
                outputs = list("outputs", ','),
                threads = extra("threads").toInt(),
            )
        }

        private val LETTERS_AND_DIGITS = ('a'..'z') + ('A'..'Z') + ('0'..'9')
    }
}

/** Resident bytes of this process, now and at most so far. */
public data class ResidentMemory(val nowBytes: Long, val peakBytes: Long) {
    public companion object {
        /** As Linux tells, and so Android. */
        public fun read(): ResidentMemory {
            val rows = File("/proc/self/status").readLines()
            fun bytes(name: String) =
                rows.first { it.startsWith(name) }.filter { it.isDigit() }.toLong() * 1024
            return ResidentMemory(bytes("VmRSS:"), bytes("VmHWM:"))
        }
    }
}

/**
 * The app's part of `edgekit bench`: a launch opens one file, obeys commands and leaves results.
 *
 * @param runtimes that the app has; another one is an error of the launch
 * @param folder the app's own, for results and outputs
 * @param memory tells this process's memory
 */
public class BenchmarkContract(
    private val runtimes: List<Runtime>,
    private val folder: File,
    private val memory: () -> ResidentMemory = ResidentMemory::read,
) {
    /**
     * Does what a launch asks for and writes `<id>.jsonl`, whole.
     *
     * @return the last line for the system's log
     */
    public fun launch(request: BenchmarkRequest): String {
        val events = ArrayList<String>()
        var end = event("finished", "id" to request.id)
        try {
            obey(request, events::add)
        } catch (failure: Exception) {
            val message = failure.message ?: failure.javaClass.simpleName
            events.add(event("error", "message" to message))
            end = event("error", "id" to request.id, "message" to message)
        }
        write(request.id, events)
        return end
    }

    private fun obey(request: BenchmarkRequest, tell: (String) -> Unit) {
        require(request.contract == VERSION) {
            "this app keeps version $VERSION of the contract, not ${request.contract}"
        }
        val before = memory().nowBytes
        val start = System.nanoTime()
        open(request).use { engine ->
            val loadMs = millisecondsSince(start)
            tell(event("loaded", "runtime" to engine.title, "load_ms" to loadMs))
            val launch = Launch(request, engine, before)
            for (command in request.commands) tell(launch.obey(command))
        }
    }

    private fun open(request: BenchmarkRequest): Engine {
        val runtime = runtimes.firstOrNull { it.name == request.runtime }
        requireNotNull(runtime) { "this app has no ${request.runtime}" }
        val file = File(request.model)
        return runtime.open(
            file,
            Artifact.unknown(file.name, runtime.name, request.inputs, request.outputs),
            EngineOptions(request.threads),
        )
    }

    private fun write(id: String, events: List<String>) {
        folder.mkdirs()
        val part = File(folder, "$id.part")
        part.writeText(events.joinToString("") { "$it\n" })
        check(part.renameTo(File(folder, "$id.jsonl"))) { "results cannot be renamed" }
    }

    /** One launch whose file is open. */
    private inner class Launch(
        private val request: BenchmarkRequest,
        private val engine: Engine,
        private val beforeBytes: Long,
    ) {
        private var fed: Map<String, IntArray>? = null
        private var outputs: Map<String, FloatArray>? = null

        fun obey(command: String): String {
            val words = command.split(' ', limit = 3)
            return when {
                words[0] == "feed" && words.size == 3 -> feed(words[1].toInt(), File(words[2]))
                words[0] == "run" && words.size == 2 -> run(words[1].toInt())
                words[0] == "save" && words.size >= 2 -> save(File(command.substringAfter(' ')))
                command == "memory" -> event(
                    "memory",
                    "before_bytes" to beforeBytes,
                    "peak_bytes" to memory().peakBytes,
                )
                else -> throw IllegalArgumentException("no command '$command'")
            }
        }

        private fun feed(length: Int, file: File): String {
            val bytes = ByteBuffer.wrap(file.readBytes()).order(ByteOrder.LITTLE_ENDIAN)
            val values = bytes.asIntBuffer()
            val names = request.inputs
            require(length > 0 && values.remaining() == length * names.size) {
                "the file to feed has ${values.remaining()} values, not $length for each input"
            }
            fed = names.associateWith { IntArray(length).also { row -> values.get(row) } }
            return event("fed")
        }

        private fun run(count: Int): String {
            val inputs = requireNotNull(fed) { "nothing was fed" }
            val times = List(count) {
                val start = System.nanoTime()
                outputs = engine.run(inputs)
                millisecondsSince(start)
            }
            return event("ran", "ms" to times)
        }

        private fun save(file: File): String {
            val found = requireNotNull(outputs) { "nothing was run" }
            require(file.canonicalFile.parentFile == folder.canonicalFile) {
                "outputs are saved in the app's own folder only"
            }
            file.outputStream().buffered().use { out ->
                for (name in request.outputs) {
                    val values = found.getValue(name)
                    val bytes = ByteBuffer.allocate(Float.SIZE_BYTES * values.size)
                    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values)
                    out.write(bytes.array())
                }
            }
            return event("saved")
        }
    }

    public companion object {
        /** Of the contract that this library keeps. */
        public const val VERSION: Int = 1

        private fun event(name: String, vararg fields: Pair<String, Any?>) =
            json(mapOf("event" to name, *fields))

        private fun millisecondsSince(start: Long) = (System.nanoTime() - start) / 1e6
    }
}
