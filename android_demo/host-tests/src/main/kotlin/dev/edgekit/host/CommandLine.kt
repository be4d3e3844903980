package dev.edgekit.host

import dev.edgekit.core.Bundle
import dev.edgekit.core.EdgeModel
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.EngineOptions
import dev.edgekit.core.FolderFiles
import dev.edgekit.core.Hit
import dev.edgekit.core.JsonObject
import dev.edgekit.core.JsonReader
import dev.edgekit.core.Runtime
import dev.edgekit.core.SelfTest
import dev.edgekit.core.Side
import dev.edgekit.core.Truncation
import dev.edgekit.core.json
import java.io.File

/** Obeys commands, a line of JSON each, and writes a line of JSON for each: for tests. */
class CommandLine(private val runtimes: List<Runtime>) : AutoCloseable {
    private var opened: Opened? = null

    /** The answer to one line. */
    fun obey(line: String): String = json(
        try {
            obey(JsonReader(line.reader()).readRoot())
        } catch (error: EdgekitError) {
            mapOf("error" to mapOf("kind" to error.kind, "message" to error.message))
        } catch (error: Exception) {
            mapOf("error" to mapOf("kind" to error.javaClass.simpleName, "message" to "$error"))
        },
    )

    /** Closes what is open: no model may outlive its runtime, which Java's end takes down. */
    override fun close() {
        opened?.close()
        opened = null
    }

    private fun obey(command: JsonObject): Any? = when (val action = command.text("do")) {
        "open" -> open(File(command.text("bundle")))
        "verify" -> current().bundle.verify().let { emptyMap<String, Any>() }
        "encode" -> encode(command)
        "selftest" -> selfTest(command)
        "run" -> run(command.text("artifact"), command.texts("texts"))
        "call" -> call(command)
        else -> throw IllegalArgumentException("no command $action")
    }

    private fun open(folder: File): Map<String, Any?> {
        close()
        val bundle = Bundle.open(FolderFiles(folder))
        opened = Opened(bundle, folder)
        return mapOf("name" to bundle.manifest.name, "task" to bundle.manifest.task)
    }

    private fun encode(command: JsonObject): Map<String, Any?> {
        val row = current().bundle.tokenizer.encode(
            command.texts("texts"),
            command.int("max_length"),
            Truncation.valueOf(command.text("strategy").uppercase()),
            Side.valueOf(command.text("side").uppercase()),
        )
        fun own(numbers: IntArray) =
            numbers.mapIndexed { token, number -> number.takeUnless { row.isSpecial(token) } }
        return mapOf(
            "ids" to row.ids,
            "type_ids" to row.typeIds,
            "offsets" to row.starts.zip(row.ends) { start, end -> listOf(start, end) },
            "sequence_ids" to own(row.sequenceIds),
            "word_ids" to own(row.wordIds),
        )
    }

    private fun selfTest(command: JsonObject): Map<String, Any?> {
        val bundle = current().bundle
        val file = command.textOrNull("artifact") ?: return SelfTest(bundle).run().toFields()
        return current().engine(file).use { engine ->
            SelfTest(bundle).run(bundle.manifest.artifact(file), engine).toFields()
        }
    }

    private fun run(file: String, texts: List<String>) =
        current().model(file).ask(texts).answer.toJson()

    /** An answer by the function that is for its task. */
    private fun call(command: JsonObject): Any? {
        val model = current().model(command.text("artifact"))
        val texts = command.texts("texts")
        val role = command.textOrNull("role")
        val answered = when (val name = command.text("name")) {
            "classify" -> model.classify(texts[0], texts.getOrNull(1))
            "tag" -> model.tag(texts[0])
            "answer" -> model.answer(texts[0], texts[1])
            "fill_mask" -> model.fillMask(texts[0])
            "embed" -> model.embed(texts[0], role)
            "similarity" -> model.similarity(texts[0], texts[1])
            "sparse_embedding" -> model.sparseEmbedding(texts[0], role)
            "late_interaction" -> model.lateInteraction(texts[0], role)
            "features" -> model.features(texts[0])
            "search" -> return found(model.search(texts[0], model.index(texts.drop(1))))
            else -> throw IllegalArgumentException("no call $name")
        }
        return answered.answer.toJson()
    }

    private fun found(hits: List<Hit>) =
        hits.map { mapOf("index" to it.index, "score" to it.score) }

    private fun current(): Opened = opened ?: throw EdgekitError.MissingFile("manifest.json")

    /** A bundle with the models that were asked so far. */
    private inner class Opened(val bundle: Bundle, private val folder: File) : AutoCloseable {
        private val models = HashMap<String, EdgeModel>()

        fun model(file: String): EdgeModel = models.getOrPut(file) {
            EdgeModel(bundle, bundle.manifest.artifact(file), engine(file))
        }

        fun engine(file: String) = bundle.manifest.artifact(file).let { artifact ->
            val runtime = runtimes.firstOrNull { it.name == artifact.runtime }
                ?: throw EdgekitError.RuntimeFailed("no runtime ${artifact.runtime} here")
            runtime.open(File(folder, file), artifact, EngineOptions(threads = 1))
        }

        override fun close() = models.values.forEach { it.close() }
    }
}
