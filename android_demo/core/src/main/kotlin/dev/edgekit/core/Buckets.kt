package dev.edgekit.core

/** The static lengths of a file. */
public object Buckets {
    /**
     * The shortest length at which a file takes a row.
     *
     * @param tokens of the row
     * @param lengths what the file takes, ascending; null: any
     * @return null if the row is too long for all of them
     */
    public fun smallest(tokens: Int, lengths: List<Int>?): Int? =
        if (lengths == null) tokens else lengths.firstOrNull { it >= tokens }
}
