package dev.edgekit.demo

import android.view.View
import android.widget.AdapterView
import android.widget.ArrayAdapter
import android.widget.Spinner
import dev.edgekit.core.Artifact

/** A list of files of which one is chosen. */
class FileChoice(private val spinner: Spinner, private val files: List<Artifact>) {
    init {
        spinner.show(files.map(spinner.context::words))
    }

    /** The chosen one; null if there is none. */
    val file: Artifact? get() = files.getOrNull(spinner.selectedItemPosition)

    fun choose(place: Int) = spinner.setSelection(place)

    /** Calls back now, and whenever another one is chosen. */
    fun onChoice(chosen: (Artifact) -> Unit) {
        spinner.onItemSelectedListener = object : AdapterView.OnItemSelectedListener {
            override fun onItemSelected(all: AdapterView<*>?, row: View?, place: Int, id: Long) =
                chosen(files[place])

            override fun onNothingSelected(all: AdapterView<*>?) = Unit
        }
    }
}

/** Fills a list with rows. */
fun Spinner.show(rows: List<String>) {
    val shown = ArrayAdapter(context, android.R.layout.simple_spinner_item, rows)
    shown.setDropDownViewResource(android.R.layout.simple_spinner_dropdown_item)
    adapter = shown
}
