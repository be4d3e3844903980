package dev.edgekit.core

/**
 * BERT's way: the longest entry that a word begins with, then the longest that goes on, and so on.
 *
 * @param unknown id of a word that is not to be had so
 * @param continuing what stands before an entry that goes on
 * @param longest code points of a word; a longer one is unknown
 */
internal class WordPiece(
    private val vocabulary: Vocabulary,
    private val unknown: Int,
    continuing: String,
    private val longest: Int,
) : Model {
    private val first = vocabulary.Prefix()
    private val further = vocabulary.Prefix().also { continuing.toByteArray().all(it::take) }

    override fun tokenize(word: Normalized, tokens: TokenList) {
        val pieces = if (word.size > longest) null else pieces(word)
        if (pieces == null) {
            tokens.add(unknown, word, 0, word.size)
        } else {
            for (piece in pieces) tokens.add(piece.id, word, piece.from, piece.until)
        }
    }

    private class Piece(val id: Int, val from: Int, val until: Int)

    /** Null where nothing fits at some place. */
    private fun pieces(word: Normalized): List<Piece>? {
        val text = Utf8(word.points)
        val found = ArrayList<Piece>()
        var from = 0
        while (from < word.size) {
            val piece = longestAt(text, from) ?: return null
            found.add(piece)
            from = piece.until
        }
        return found
    }

    private fun longestAt(text: Utf8, from: Int): Piece? {
        val prefix = (if (from == 0) first else further).copy()
        var found: Piece? = null
        for (point in from until text.ends.size) {
            for (byte in text.start(point) until text.ends[point]) {
                if (!prefix.take(text.bytes[byte])) return found
            }
            if (prefix.id != Vocabulary.NONE) found = Piece(prefix.id, from, point + 1)
        }
        return found
    }
}
