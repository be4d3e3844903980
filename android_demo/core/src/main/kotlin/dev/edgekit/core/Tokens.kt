package dev.edgekit.core

/**
 * The tokens of one text, without special ones.
 *
 * @property ids the vocabulary's
 * @property starts in code points of the text
 * @property ends likewise, the first behind the token
 * @property words number of each token's word
 * @property before blanks at each token's beginning, within its offsets
 * @property behind blanks at its end
 */
internal class Tokens(
    val ids: IntArray,
    val starts: IntArray,
    val ends: IntArray,
    val words: IntArray,
    val before: IntArray,
    val behind: IntArray,
) {
    val size: Int get() = ids.size

    fun slice(range: IntRange): Tokens = Tokens(
        ids.sliceArray(range),
        starts.sliceArray(range),
        ends.sliceArray(range),
        words.sliceArray(range),
        before.sliceArray(range),
        behind.sliceArray(range),
    )

    /**
     * With offsets that leave out a token's blanks.
     *
     * @param hasPrefix whether a blank was put before the text: that one is in no offset
     */
    fun trimmed(hasPrefix: Boolean): Tokens {
        val trimmed = slice(ids.indices)
        for (token in ids.indices) {
            val isOwn = hasPrefix && before[token] == 1 && (token == 0 || starts[token] == 0)
            val start = minOf(starts[token] + if (isOwn) 0 else before[token], ends[token])
            trimmed.starts[token] = start
            if (behind[token] in 1..ends[token]) {
                trimmed.ends[token] = maxOf(ends[token] - behind[token], start)
            }
        }
        return trimmed
    }
}

/** Tokens that are added one by one. */
internal class TokenList {
    private val ids = IntList()
    private val starts = IntList()
    private val ends = IntList()
    private val words = IntList()
    private val before = IntList()
    private val behind = IntList()
    private var word = -1

    /** What is added from here on is of the next word. */
    fun nextWord() {
        word++
    }

    /**
     * Adds a token of the current word.
     *
     * @param text what the token is a piece of
     * @param from its first place there
     * @param until the first place behind it
     * @param before blanks at its beginning
     * @param behind blanks at its end
     */
    fun add(id: Int, text: Normalized, from: Int, until: Int, before: Int = 0, behind: Int = 0) {
        ids.add(id)
        starts.add(text.starts[from])
        ends.add(text.ends[until - 1])
        words.add(word)
        this.before.add(before)
        this.behind.add(behind)
    }

    fun done(): Tokens = Tokens(
        ids.toArray(),
        starts.toArray(),
        ends.toArray(),
        words.toArray(),
        before.toArray(),
        behind.toArray(),
    )
}
