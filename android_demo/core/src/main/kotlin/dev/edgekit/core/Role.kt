package dev.edgekit.core

/**
 * What a text's role, such as `query`, decides of its row and of its vectors.
 *
 * @property maxLength where the text is cut; null: at the manifest's `maxLength`
 * @property expansion what fills a short row up; null: nothing does
 */
public class Role internal constructor(
    public val maxLength: Int?,
    public val expansion: Expansion?,
    private val skipIds: Set<Int>,
) {
    /** The row of a text as its role wants it. */
    internal fun shaped(row: Encoding): Encoding {
        val size = maxOf(row.size, expansion?.length ?: 0)
        val ids = row.ids.copyOf(size)
        if (expansion != null) ids.fill(expansion.tokenId, row.size, size)
        val hasUnattended = size > row.size && expansion?.isAttended == false
        return Encoding(
            ids,
            row.typeIds.copyOf(size),
            row.starts.copyOf(size),
            row.ends.copyOf(size),
            special(row.sequenceIds, size),
            special(row.wordIds, size),
            if (hasUnattended) IntArray(size) { if (it < row.size) 1 else 0 } else null,
            ids.indices.filter { ids[it] in skipIds },
        )
    }

    private fun special(numbers: IntArray, size: Int) =
        numbers.copyOf(size).also { it.fill(Encoding.SPECIAL, numbers.size, size) }

    internal companion object {
        /** The name of the role of texts without one. */
        const val NONE = "none"

        /** Rows stay as they are. */
        val PLAIN = Role(maxLength = null, expansion = null, skipIds = emptySet())
    }
}

/**
 * What a short row is filled up with, behind its last token; the vectors there count.
 *
 * @property length tokens that a row has at least
 * @property isAttended whether the model attends to the tokens that fill it up
 */
public data class Expansion(val tokenId: Int, val length: Int, val isAttended: Boolean)
