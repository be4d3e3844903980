package dev.edgekit.core

import java.io.Reader

/**
 * A JSON text as it is read, so that a file of megabytes never is a tree.
 *
 * @param source the text; only as much of it is read as is asked for
 */
internal class JsonReader(source: Reader) {
    private val source = Buffered(source)
    private var depth = 0

    /** Reads an object; [field] is told each name and has to read or [skip] its value. */
    fun readObject(field: (String) -> Unit) = nested('{', '}') {
        if (peek() != '"') fail("a name")
        val name = readText()
        expect(':')
        field(name)
    }

    /** Reads an array; [item] has to read or [skip] each value. */
    fun readArray(item: () -> Unit) = nested('[', ']', item)

    /** Reads any value: a [JsonObject], a list, a text, a [Double], a [Boolean] or null. */
    fun readValue(): Any? = when (peek()) {
        '{' -> LinkedHashMap<String, Any?>().let { fields ->
            readObject { fields[it] = readValue() }
            JsonObject(fields)
        }
        '[' -> ArrayList<Any?>().also { items -> readArray { items.add(readValue()) } }
        '"' -> readText()
        't' -> word("true", true)
        'f' -> word("false", false)
        'n' -> word("null", null)
        else -> readNumber()
    }

    /** Reads a file's one object. */
    fun readRoot(): JsonObject {
        val root = readValue() as? JsonObject ?: throw JsonException("it is no object")
        return root.also { end() }
    }

    /** Passes over a value. */
    fun skip() {
        when (peek()) {
            '{' -> readObject { skip() }
            '[' -> readArray { skip() }
            else -> readValue()
        }
    }

    /** Nothing but blanks may be left. */
    fun end() {
        if (peek() != END || !source.isAtEnd) fail("the end")
    }

    private inline fun nested(open: Char, close: Char, item: () -> Unit) {
        expect(open)
        if (++depth > MOST_DEPTH) throw JsonException("nested deeper than $MOST_DEPTH")
        if (peek() != close) {
            item()
            while (peek() == ',') {
                source.next()
                item()
            }
        }
        expect(close)
        depth--
    }

    private fun readText(): String {
        expect('"')
        val text = StringBuilder()
        while (true) {
            when (val each = source.next()) {
                '"' -> return text.toString()
                '\\' -> text.append(escaped())
                END -> if (source.isAtEnd) fail("the end of a text") else text.append(each)
                else -> text.append(each)
            }
        }
    }

    private fun escaped(): Char = when (val each = source.next()) {
        '"', '\\', '/' -> each
        'b' -> '\b'
        'f' -> '\u000c'
        'n' -> '\n'
        'r' -> '\r'
        't' -> '\t'
        'u' -> (1..4).fold(0) { code, _ -> code * 16 + hexadecimal(source.next()) }.toChar()
        else -> fail("an escape")
    }

    private fun hexadecimal(digit: Char): Int {
        val value = Character.digit(digit, 16)
        return if (value < 0) fail("four hexadecimal digits") else value
    }

    private fun readNumber(): Double {
        val text = StringBuilder()
        while (source.peek() in NUMBER) text.append(source.next())
        return text.toString().toDoubleOrNull() ?: fail("a value")
    }

    private fun <T> word(expected: String, value: T): T {
        for (letter in expected) if (source.next() != letter) fail(expected)
        return value
    }

    private fun expect(mark: Char) {
        if (peek() != mark) fail("'$mark'")
        source.next()
    }

    /** The next character that is no blank. */
    private fun peek(): Char {
        while (source.peek() in BLANKS) source.next()
        return source.peek()
    }

    private fun fail(wanted: String): Nothing =
        throw JsonException("no $wanted at character ${source.position}")

    /** One character ahead; at the end it is [END], which may stand in a text as well. */
    private class Buffered(private val source: Reader) {
        private val buffer = CharArray(BUFFER_CHARACTERS)
        private var filled = 0
        private var place = 0
        private var before = 0L
        val position get() = before + place
        val isAtEnd get() = place == filled

        fun peek(): Char {
            if (place == filled) fill()
            return if (place < filled) buffer[place] else END
        }

        fun next(): Char = peek().also { if (place < filled) place++ }

        private fun fill() {
            before += filled
            filled = maxOf(0, source.read(buffer))
            place = 0
        }
    }

    private companion object {
        const val END = '\uFFFF'
        const val MOST_DEPTH = 64
        const val BUFFER_CHARACTERS = 1 shl 14
        const val BLANKS = " \t\n\r"
        const val NUMBER = "+-.0123456789eE"
    }
}

/** What is no JSON, or JSON of another shape; the one who knows the file's name catches it. */
internal class JsonException(message: String) : Exception(message)
