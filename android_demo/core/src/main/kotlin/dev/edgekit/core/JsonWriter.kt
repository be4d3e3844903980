package dev.edgekit.core

/** Maps, lists, texts, numbers, flags and null as one line of JSON. */
internal fun json(value: Any?): String = StringBuilder().also { append(it, value) }.toString()

private fun append(out: StringBuilder, value: Any?) {
    when (value) {
        null, is Boolean, is Int, is Long -> out.append(value)
        is Float -> out.append(finite(value.toDouble(), value.toString()))
        is Double -> out.append(finite(value, value.toString()))
        is String -> quote(out, value)
        is Map<*, *> -> join(out, '{', '}', value.entries) { (name, item) ->
            quote(out, name as String)
            out.append(": ")
            append(out, item)
        }
        is Iterable<*> -> join(out, '[', ']', value) { append(out, it) }
        is IntArray -> append(out, value.asList())
        is FloatArray -> append(out, value.asList())
        else -> throw IllegalArgumentException("no JSON of ${value.javaClass}")
    }
}

/** JSON has no NaN and no infinity. */
private fun finite(value: Double, text: String): String =
    if (value.isNaN() || value.isInfinite()) "null" else text

private inline fun <T> join(
    out: StringBuilder,
    open: Char,
    close: Char,
    items: Iterable<T>,
    item: (T) -> Unit,
) {
    out.append(open)
    items.forEachIndexed { index, each ->
        if (index > 0) out.append(", ")
        item(each)
    }
    out.append(close)
}

private fun quote(out: StringBuilder, text: String) {
    out.append('"')
    for (each in text) {
        when {
            each == '"' || each == '\\' -> out.append('\\').append(each)
            each < ' ' || each.isSurrogate() -> out.append(escaped(each))
            else -> out.append(each)
        }
    }
    out.append('"')
}

private fun escaped(each: Char): String = "\\u" + each.code.toString(16).padStart(4, '0')
