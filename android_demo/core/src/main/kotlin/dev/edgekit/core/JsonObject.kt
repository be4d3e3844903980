package dev.edgekit.core

/** An object that was read, whose fields are asked for by type. */
internal class JsonObject(val fields: Map<String, Any?>) {
    /** Whether the field is there and not null. */
    operator fun contains(name: String): Boolean = fields[name] != null

    fun text(name: String): String = required(name)

    fun textOrNull(name: String): String? = optional(name)

    fun flag(name: String): Boolean = required(name)

    /** The field, or false where there is none. */
    fun flagOrFalse(name: String): Boolean = optional(name) ?: false

    fun number(name: String): Double = required(name)

    fun numberOrNull(name: String): Double? = optional(name)

    fun int(name: String): Int = intOrNull(name) ?: missing(name)

    fun intOrNull(name: String): Int? = numberOrNull(name)?.let { whole(it, name) }

    /** A whole number from [least] to [MOST]: how many there are of something, or an id. */
    fun count(name: String, least: Int = 1): Int = counted(int(name), name, least)

    /** A text that names one of an enumeration's constants, in small letters. */
    inline fun <reified T : Enum<T>> oneOf(name: String): T = oneOfOrNull<T>(name) ?: missing(name)

    inline fun <reified T : Enum<T>> oneOfOrNull(name: String): T? = textOrNull(name)?.let { text ->
        enumValues<T>().firstOrNull { it.name.lowercase() == text }
            ?: throw JsonException("'$name' is none that this library knows")
    }

    fun long(name: String): Long = required<Double>(name).toLong()

    fun child(name: String): JsonObject = required(name)

    fun childOrNull(name: String): JsonObject? = optional(name)

    fun children(name: String): List<JsonObject> = items(name)

    fun texts(name: String): List<String> = items(name)

    /** The field's numbers, as whole ones. */
    fun ints(name: String): IntArray = list(name).let { row ->
        IntArray(row.size) { whole(row[it] as? Double ?: wrong(name), name) }
    }

    /** The field's numbers, as [count] has them. */
    fun counts(name: String, least: Int = 1): List<Int> =
        ints(name).map { counted(it, name, least) }

    /** Pairs of whole numbers. */
    fun pairs(name: String): List<List<Int>> = list(name).map { pair ->
        if (pair !is List<*> || pair.size != 2) wrong(name)
        pair.map { whole(it as? Double ?: wrong(name), name) }
    }

    /** The field's numbers, as float32. */
    fun floats(name: String): FloatArray = list(name).let { row ->
        FloatArray(row.size) { (row[it] as? Double ?: wrong(name)).toFloat() }
    }

    fun list(name: String): List<Any?> = required(name)

    /** The fields of an object whose values are of one type. */
    inline fun <reified T> map(name: String): Map<String, T> =
        child(name).fields.mapValues { (key, value) -> value as? T ?: wrong("$name.$key") }

    private inline fun <reified T> items(name: String): List<T> =
        list(name).map { it as? T ?: wrong(name) }

    private inline fun <reified T : Any> required(name: String): T =
        optional<T>(name) ?: missing(name)

    private inline fun <reified T : Any> optional(name: String): T? =
        fields[name]?.let { it as? T ?: wrong(name) }

    private fun whole(value: Double, name: String): Int =
        value.toInt().also { if (it.toDouble() != value) wrong(name) }

    private fun counted(value: Int, name: String, least: Int): Int =
        if (value in least..MOST) value
        else throw JsonException("'$name' is not from $least to $MOST")

    fun missing(name: String): Nothing = throw JsonException("'$name' is missing")

    fun wrong(name: String): Nothing = throw JsonException("'$name' is of another type")

    companion object {
        /** More than any count of tokens, ids or values that a bundle has, and little memory. */
        const val MOST = 1 shl 25
    }
}
