package dev.edgekit.core

/**
 * Where special tokens stand in a row of so many [texts]: `[CLS]:0 $A:0 [SEP]:0`.
 *
 * @throws JsonException it is no such row
 */
internal class Template(items: List<String>, specialIds: Map<String, Int>, texts: Int) {
    private class Item(val typeId: Int, val sequence: Int, val id: Int)

    private val items = items.map { item ->
        val name = item.substringBeforeLast(':')
        val typeId = item.substringAfterLast(':').toIntOrNull()
            ?: throw JsonException("'$item' has no type")
        when (name) {
            "\$A" -> Item(typeId, sequence = 0, id = Vocabulary.NONE)
            "\$B" -> Item(typeId, sequence = 1, id = Vocabulary.NONE)
            else -> Item(
                typeId,
                Encoding.SPECIAL,
                specialIds[name] ?: throw JsonException("special_ids have no $name"),
            )
        }
    }

    init {
        val places = this.items.map { it.sequence }.filter { it != Encoding.SPECIAL }
        if (places.sorted() != (0 until texts).toList()) {
            throw JsonException("'template' does not have each text once")
        }
    }

    /** How many special tokens a row has. */
    val specialTokens: Int = this.items.count { it.sequence == Encoding.SPECIAL }

    /** A row with these tokens of each text. */
    fun filled(texts: List<Tokens>): Encoding {
        val row = Row(specialTokens + texts.sumOf { it.size })
        for (item in items) {
            if (item.sequence == Encoding.SPECIAL) row.add(item.id, item.typeId)
            else row.add(texts[item.sequence], item.typeId, item.sequence)
        }
        return row.encoding
    }

    private class Row(size: Int) {
        val encoding = Encoding(
            IntArray(size),
            IntArray(size),
            IntArray(size),
            IntArray(size),
            IntArray(size) { Encoding.SPECIAL },
            IntArray(size) { Encoding.SPECIAL },
        )
        private var place = 0

        fun add(id: Int, typeId: Int) {
            encoding.ids[place] = id
            encoding.typeIds[place++] = typeId
        }

        fun add(tokens: Tokens, typeId: Int, sequence: Int) {
            tokens.ids.copyInto(encoding.ids, place)
            tokens.starts.copyInto(encoding.starts, place)
            tokens.ends.copyInto(encoding.ends, place)
            tokens.words.copyInto(encoding.wordIds, place)
            encoding.typeIds.fill(typeId, place, place + tokens.size)
            encoding.sequenceIds.fill(sequence, place, place + tokens.size)
            place += tokens.size
        }
    }
}
