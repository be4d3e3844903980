package dev.edgekit.core

/**
 * SentencePiece's Unigram: of all ways to cut a word the one with the highest sum of scores; of
 * equal ones the one with the longer last piece, at every place.
 *
 * @param unknown id of what no entry covers; neighbours that are unknown are one token
 */
internal class Unigram(private val vocabulary: Vocabulary, private val unknown: Int) : Model {
    private val scores = vocabulary.scores ?: throw JsonException("it has no scores")
    private val unknownScore = (scores.minOrNull() ?: 0.0) - PENALTY

    /** The best way to each place of a word: its score, its last piece's first place and id. */
    private class Ways(size: Int) {
        val scores = DoubleArray(size + 1)
        val froms = IntArray(size + 1) { NOWHERE }
        val ids = IntArray(size + 1)

        fun offer(until: Int, score: Double, from: Int, id: Int) {
            if (froms[until] != NOWHERE && score <= scores[until]) return
            scores[until] = score
            froms[until] = from
            ids[until] = id
        }
    }

    override fun tokenize(word: Normalized, tokens: TokenList) {
        val ways = ways(word)
        val ends = IntList()
        var end = word.size
        while (end > 0) {
            ends.add(end)
            val isUnknown = ways.ids[end] == unknown
            end = ways.froms[end]
            while (isUnknown && end > 0 && ways.ids[end] == unknown) end = ways.froms[end]
        }
        var from = 0
        for (index in ends.size - 1 downTo 0) {
            tokens.add(ways.ids[ends[index]], word, from, ends[index])
            from = ends[index]
        }
    }

    private fun ways(word: Normalized): Ways {
        val text = Utf8(word.points)
        val ways = Ways(word.size)
        for (from in 0 until word.size) {
            val hasOne = offerPieces(text, from, ways)
            if (!hasOne) ways.offer(from + 1, ways.scores[from] + unknownScore, from, unknown)
        }
        return ways
    }

    /** Every entry that begins here; true if one of them is a single code point. */
    private fun offerPieces(text: Utf8, from: Int, ways: Ways): Boolean {
        val prefix = vocabulary.Prefix()
        var hasOne = false
        for (point in from until text.ends.size) {
            for (byte in text.start(point) until text.ends[point]) {
                if (!prefix.take(text.bytes[byte])) return hasOne
            }
            val id = prefix.id
            if (id == Vocabulary.NONE) continue
            hasOne = hasOne || point == from
            ways.offer(point + 1, ways.scores[from] + scores[id], from, id)
        }
        return hasOne
    }

    private companion object {
        const val PENALTY = 10.0
        const val NOWHERE = -1
    }
}
