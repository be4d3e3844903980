package dev.edgekit.core

/**
 * The outputs of a prompt's [rows], by name: handed out where they are of the shape that is asked
 * for, so that no post-processing reads beyond them.
 */
internal class Outputs(
    private val rows: List<Encoding>,
    private val outputs: List<Map<String, Tensor>>,
) {
    /**
     * One vector a row.
     *
     * @param width of each; null: the same for all
     * @throws EdgekitError.RuntimeFailed there is no such output
     */
    fun vectors(name: String, width: Int? = null): List<Tensor> {
        val found = all(name)
        return found.also { check(it.all { each -> each.size == (width ?: found[0].size) }, name) }
    }

    /** One vector, or value, for each token of each row; [width] as [vectors] has it. */
    fun perToken(name: String, width: Int? = null): List<Tensor> {
        val found = all(name)
        val widths = found.mapIndexed { index, each -> each.widthOf(rows[index].size) }
        check(widths.all { it != null && it == (width ?: widths[0]) }, name)
        return found
    }

    private fun all(name: String): List<Tensor> {
        check(outputs.isNotEmpty() && outputs.size == rows.size, name)
        return outputs.mapNotNull { it[name] }.also { check(it.size == rows.size, name) }
    }

    /** Values of each token; null where it has not so many tokens. */
    private fun Tensor.widthOf(tokens: Int): Int? =
        if (tokens > 0 && shape.firstOrNull() == tokens) size / tokens else null

    private fun check(isSo: Boolean, name: String) {
        if (isSo) return
        throw EdgekitError.RuntimeFailed(
            "the model has no output $name of the shape that its task wants: convert it again",
        )
    }
}
