package dev.edgekit.demo

import android.content.Context
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import dev.edgekit.core.Answer
import dev.edgekit.core.Answered
import dev.edgekit.core.Bundle

/** The fields of a task's page. */
class AskForm(into: ViewGroup, private val page: TaskPage, private val bundle: Bundle) {
    private val root: View = into.replace(page.form)
    private val fields: List<EditText> = listOf(R.id.first, R.id.second)
        .mapNotNull { root.viewOrNull(it) }

    init {
        root.viewOrNull<Button>(R.id.mask)?.setOnClickListener { insert(fields[0], MasksPage.mask(bundle)) }
        fillWithSample()
    }

    /** What stands in them: the first, and the second unless it is empty and may be. */
    fun texts(): List<String> {
        val texts = fields.map { it.text.toString() }
        return texts.filterIndexed { place, text ->
            place == 0 || !page.isSecondOptional || text.isNotBlank()
        }
    }

    fun fillWithSample() {
        fields.zip(page.samples(root.context, bundle)) { field, text -> field.setText(text) }
    }

    private fun insert(field: EditText, text: String) {
        field.text.insert(maxOf(field.selectionStart, 0), text)
    }
}

/** What an answer cost, in a line. */
fun Context.timing(result: Answered<Answer>): String {
    val time = milliseconds(result.latencyMs)
    return if (result.windows == 1) getString(R.string.try_timing, time, result.tokens, result.bucket)
    else getString(R.string.try_timing_windows, time, result.windows, result.tokens, result.bucket)
}
