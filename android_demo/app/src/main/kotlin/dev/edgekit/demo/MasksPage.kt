package dev.edgekit.demo

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.TextView
import dev.edgekit.core.Answer
import dev.edgekit.core.Bundle
import dev.edgekit.core.FilledMasks
import dev.edgekit.core.Filler
import dev.edgekit.core.Mask

/** A text with blanks, and chips of words for each: a touch puts the word in. */
object MasksPage : TaskPage {
    override val title = R.string.task_fill_mask
    override val form = R.layout.ask_mask
    override val result = R.layout.answer_masks

    override fun samples(context: Context, bundle: Bundle) =
        listOf(context.getString(R.string.sample_masked, mask(bundle)))

    /** The tokenizer's sign for a blank; empty if it has none. */
    fun mask(bundle: Bundle): String = bundle.manifest.tokenizer?.specialTokens?.get("mask_token")
        ?.let(bundle.tokenizer::token).orEmpty()

    override fun show(into: View, texts: List<String>, answer: Answer) {
        val masks = (answer as FilledMasks).masks
        val chosen = masks.map { it.fillers.first() }.toMutableList()
        fun show() {
            into.view<TextView>(R.id.marked).text = filled(into.context, texts[0], masks, chosen)
        }
        show()
        val list = into.view<ViewGroup>(R.id.masks)
        masks.forEachIndexed { place, mask ->
            val row = list.add(R.layout.item_mask)
            row.view<TextView>(R.id.title).text =
                into.context.getString(R.string.try_blank, place + 1)
            addChips(row.view(R.id.chips), mask) {
                chosen[place] = it
                show()
            }
        }
    }

    override fun decision(answer: Answer) =
        (answer as FilledMasks).masks.map { it.fillers.first().token }

    override fun summary(context: Context, answer: Answer): String =
        (answer as FilledMasks).masks.joinToString("\n") { mask ->
            mask.fillers.joinToString { "${word(it)} (${percent(it.score)})" }
        }

    private fun addChips(chips: ViewGroup, mask: Mask, choose: (Filler) -> Unit) {
        for (filler in mask.fillers) {
            val chip = chips.add(R.layout.item_chip) as Button
            chip.text = "${word(filler)} ${percent(filler.score)}"
            chip.setOnClickListener { choose(filler) }
        }
    }

    /** The text with a word in each blank, marked. */
    private fun filled(context: Context, text: String, masks: List<Mask>, with: List<Filler>): CharSequence {
        val words = StringBuilder()
        val marked = ArrayList<IntRange>()
        var from = 0
        for ((mask, filler) in masks.zip(with)) {
            words.append(text, from, mask.characters.first)
            marked.add(words.length until words.length + word(filler).length)
            words.append(word(filler))
            from = mask.characters.last + 1
        }
        words.append(text, from, text.length)
        val marks = Marks(context, words)
        marked.filterNot { it.isEmpty() }.forEach(marks::answer)
        return marks.text
    }

    /** An entry of the vocabulary as people write it. */
    private fun word(filler: Filler): String = filler.token.trimStart('\u0120', '\u2581').removePrefix("##")
}
