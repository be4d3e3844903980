package dev.edgekit.demo

import android.content.Context
import android.text.SpannableString
import android.text.Spanned
import android.text.style.BackgroundColorSpan
import android.text.style.ForegroundColorSpan

/** A text some of whose pieces are marked by colour. */
class Marks(private val context: Context, text: CharSequence) {
    /** The text. */
    val text = SpannableString(text)

    /** Marks what answers. */
    fun answer(characters: IntRange) = mark(characters, R.color.highlight, R.color.on_highlight)

    /** Marks an entity; each kind has a colour of its own, as far as there are some. */
    fun entity(characters: IntRange, kind: Int) =
        mark(characters, ENTITIES[kind % ENTITIES.size], R.color.text)

    private fun mark(characters: IntRange, back: Int, front: Int) {
        for (color in listOf(BackgroundColorSpan(color(back)), ForegroundColorSpan(color(front)))) {
            val end = characters.last + 1
            text.setSpan(color, characters.first, end, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
        }
    }

    private fun color(id: Int) = context.getColor(id)

    private companion object {
        val ENTITIES = listOf(R.color.entity_1, R.color.entity_2, R.color.entity_3, R.color.entity_4)
    }
}
