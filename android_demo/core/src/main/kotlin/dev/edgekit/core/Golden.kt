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
    val maxLength: Int = if ("max_length" in row) row.count("max_length") else facts.maxLength
    val truncation: Truncation = row.oneOfOrNull("truncation") ?: Truncation.LONGEST_FIRST
    val side: Side = row.oneOfOrNull("truncation_side") ?: facts.side
    val rows: IntArray = row.ints("rows")

    init {
        if (ids.isEmpty() || ids.size != typeIds.size) row.wrong("token_type_ids")
        if (ids.size != attentionMask.size) row.wrong("attention_mask")
    }

    val outputs: Map<String, Sample> = row.child("outputs").fields.mapValues { (name, value) ->
        val scale = facts.scales[name] ?: throw JsonException("'scales' have no $name")
        Sample(value as? JsonObject ?: row.wrong("outputs"), scale)
    }

    /** Values of one output at some places of it, and the largest that PyTorch's ever are. */
    class Sample(row: JsonObject, val scale: Float) {
        val values: FloatArray = row.floats("values")
        private val indices: IntArray? = if ("indices" in row) row.ints("indices") else null

        /** The same places of another output; null where it has not as many. */
        fun of(found: FloatArray): FloatArray? {
            val places = indices ?: IntArray(found.size) { it }
            val isSame = places.size == values.size && places.all { it in found.indices }
            return if (isSame) FloatArray(places.size) { found[places[it]] } else null
        }
    }
}

/** What holds for all cases of golden.json. */
internal class GoldenFacts(val maxLength: Int, val side: Side, val scales: Map<String, Float>) {
    companion object {
        /** Reads golden.json case by case; no more than one is in memory. */
        fun read(bundle: Bundle, each: (GoldenCase) -> Unit) {
            val file = bundle.manifest.golden.file
            val facts = bundle.readJson(file) { of(it.readFields(except = "cases")) }
            bundle.readJson(file) { it.readItems("cases") { row -> each(GoldenCase(row, facts)) } }
        }

        private fun of(root: JsonObject) = GoldenFacts(
            root.count("max_length"),
            root.oneOfOrNull("truncation_side") ?: Side.RIGHT,
            root.map<JsonObject>("scales").mapValues { it.value.number("largest").toFloat() },
        )
    }
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
