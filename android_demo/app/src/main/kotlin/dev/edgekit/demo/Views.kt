package dev.edgekit.demo

import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.ProgressBar
import android.widget.TextView

/** The view of that id; null if the layout has none. */
@Suppress("UNCHECKED_CAST")
fun <T : View> View.viewOrNull(id: Int): T? {
    val found: View? = findViewById(id) // so it compiles for every SDK: it is generic since 26
    return found as T?
}

/** The view of that id, which the layout has. */
fun <T : View> View.view(id: Int): T = checkNotNull(viewOrNull(id))

/** Puts a layout into this view, at its end. */
fun ViewGroup.add(layout: Int): View {
    val view = LayoutInflater.from(context).inflate(layout, this, false)
    addView(view)
    return view
}

/** Puts a layout into this view, instead of what is there. */
fun ViewGroup.replace(layout: Int): View {
    removeAllViews()
    return add(layout)
}

/** Shows words; null takes the view away. */
fun TextView.showText(words: CharSequence?) {
    text = words
    isShown(words != null)
}

fun View.isShown(shown: Boolean) {
    visibility = if (shown) View.VISIBLE else View.GONE
}

/** Adds a line with a bar; [portion] is from 0 to 1. It is read out as one. */
fun ViewGroup.addScore(title: CharSequence, value: String, portion: Float) {
    val row = add(R.layout.item_score)
    row.view<TextView>(R.id.title).text = title
    row.view<TextView>(R.id.value).text = value
    row.view<ProgressBar>(R.id.meter).showPortion(portion)
    row.contentDescription = "$title, $value"
}

/** Fills a bar that has 1,000 steps. */
fun ProgressBar.showPortion(portion: Float) {
    progress = (portion.coerceIn(0f, 1f) * max).toInt()
}
