package dev.edgekit.core

/**
 * A prompt of postprocess.json with outputs and the answer that they mean.
 *
 * @property outputs one a row, by name
 * @property answer the object that [Answer.toJson] has to give
 */
internal class PostprocessCase(row: JsonObject) {
    val name: String = row.text("name")
    val texts: List<String> = row.texts("texts")
    val rows: List<Encoding> = row.children("encodings").map(::encoding)
    val outputs: List<Map<String, Tensor>> = row.list("outputs").map { each ->
        (each as? JsonObject ?: row.wrong("outputs")).fields.mapValues { (name, value) ->
            tensor(value as? JsonObject ?: row.wrong("outputs.$name"))
        }
    }
    val top: Int = row.count("top", least = 0)
    val answer: JsonObject = row.child("answer")

    /** Its rows as what is asked. */
    val prompt: Prompt get() = Prompt(texts, rows, leftOut = 0)

    internal companion object {
        /** Reads postprocess.json: the length of its rows, its tolerance, and case by case. */
        fun read(bundle: Bundle, file: String, each: (PostprocessCase, Facts) -> Unit) {
            val facts = bundle.readJson(file) {
                val root = it.readFields(except = "cases")
                Facts(root.count("max_length"), root.number("tolerance"))
            }
            bundle.readJson(file) {
                it.readItems("cases") { row -> each(PostprocessCase(row), facts) }
            }
        }

        private fun encoding(row: JsonObject): Encoding {
            val offsets = row.pairs("offsets")
            return Encoding(
                row.ints("input_ids"),
                row.ints("token_type_ids"),
                IntArray(offsets.size) { offsets[it][0] },
                IntArray(offsets.size) { offsets[it][1] },
                specials(row, "sequence_ids"),
                specials(row, "word_ids"),
                if ("attention_mask" in row) row.ints("attention_mask") else null,
                if ("skipped" in row) row.ints("skipped").toList() else emptyList(),
            )
        }

        /** Null stands for a special token. */
        private fun specials(row: JsonObject, name: String) = row.list(name)
            .map { (it as? Double)?.toInt() ?: Encoding.SPECIAL }.toIntArray()

        private fun tensor(row: JsonObject): Tensor {
            val values = row.floats("values")
            val shape = row.counts("shape").toIntArray()
            val size = shape.fold(1L) { size, axis -> minOf(size * axis, JsonObject.MOST + 1L) }
            if (size > JsonObject.MOST) row.wrong("shape")
            val fill = row.numberOrNull("fill")
            val all = if (fill == null) values else FloatArray(size.toInt()) { fill.toFloat() }
            if (fill != null) scatter(values, row.ints("indices"), all)
            if (all.size.toLong() != size) row.wrong("values")
            return Tensor(shape, all)
        }

        private fun scatter(values: FloatArray, places: IntArray, into: FloatArray) {
            if (places.size != values.size || places.any { it !in into.indices }) {
                throw JsonException("'indices' are not of these values")
            }
            for (index in places.indices) into[places[index]] = values[index]
        }
    }

    /** @property tolerance the largest difference of a score; all else has to be equal */
    class Facts(val maxLength: Int, val tolerance: Double)
}
