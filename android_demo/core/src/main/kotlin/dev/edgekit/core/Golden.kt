package dev.edgekit.core

/**
 * A text of golden.json with what Python makes of it.
 *
 * @property texts one or two; null where there are only ids
 * @property role that the row was made for; null: it was made for none
 * @property rows of outputs that have values for each token, the tokens that are compared
 */
internal class GoldenCase(row: JsonObject, private val facts: GoldenFacts) {
    val name: String = row.text("name")
    val texts: List<String>? = if ("text" in row) row.texts("text") else null
    val ids: IntArray = row.ints("input_ids")
    val typeIds: IntArray = row.ints("token_type_ids")
    val offsets: List<List<Int>>? = if ("offsets" in row) row.pairs("offsets") else null
    val attentionMask: IntArray = row.ints("attention_mask")
    val role: String? = row.textOrNull("role")
    val maxLength: Int = row.intOrNull("max_length") ?: facts.maxLength
    val truncation: Truncation = row.textOrNull("truncation")
        ?.let { Truncation.valueOf(it.uppercase()) } ?: Truncation.LONGEST_FIRST
    val side: Side = row.textOrNull("truncation_side")
        ?.let { Side.valueOf(it.uppercase()) } ?: facts.side
    val rows: IntArray = row.ints("rows")
    val outputs: Map<String, Sample> = row.child("outputs").fields.mapValues { (name, value) ->
        Sample(value as? JsonObject ?: row.wrong("outputs"), facts.scales.getValue(name))
    }

    /** Values of one output at some places of it, and the largest that PyTorch's ever are. */
    class Sample(row: JsonObject, val scale: Float) {
        val values: FloatArray = row.floats("values")
        private val indices: IntArray? = if ("indices" in row) row.ints("indices") else null

        /** The same places of another output. */
        fun of(found: FloatArray): FloatArray =
            if (indices == null) found else FloatArray(indices.size) { found[indices[it]] }
    }
}

/** What holds for all cases of golden.json. */
internal class GoldenFacts(val maxLength: Int, val side: Side, val scales: Map<String, Float>) {
    companion object {
        /** Reads golden.json case by case; no more than one is in memory. */
        fun read(bundle: Bundle, each: (GoldenCase) -> Unit) {
            val file = bundle.manifest.golden.file
            val facts = of(bundle.readJson(file) { it.readFields(except = "cases") })
            bundle.readJson(file) { it.readItems("cases") { row -> each(GoldenCase(row, facts)) } }
        }

        private fun of(root: JsonObject) = GoldenFacts(
            root.int("max_length"),
            Side.valueOf((root.textOrNull("truncation_side") ?: "right").uppercase()),
            root.map<JsonObject>("scales").mapValues { it.value.number("largest").toFloat() },
        )
    }
}

/** An array of two numbers each. */
internal fun JsonObject.pairs(name: String): List<List<Int>> = list(name).map { pair ->
    (pair as? List<*>)?.map { (it as? Double ?: wrong(name)).toInt() } ?: wrong(name)
}

/** The fields of a file's one object but for one. */
internal fun JsonReader.readFields(except: String): JsonObject {
    val fields = HashMap<String, Any?>()
    readObject { if (it == except) skip() else fields[it] = readValue() }
    return JsonObject(fields)
}

/** The objects in one field of a file's one object, one after the other. */
internal fun JsonReader.readItems(field: String, each: (JsonObject) -> Unit) = readObject { name ->
    if (name != field) {
        skip()
    } else {
        readArray {
            each(readValue() as? JsonObject ?: throw JsonException("'$field' has no objects"))
        }
    }
}
