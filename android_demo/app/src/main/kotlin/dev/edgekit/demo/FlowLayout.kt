package dev.edgekit.demo

import android.content.Context
import android.util.AttributeSet
import android.view.View
import android.view.ViewGroup

/** Puts its views in a line, and those that do not fit in the next; from the right where one reads so. */
class FlowLayout(context: Context, attributes: AttributeSet?) : ViewGroup(context, attributes) {
    private val gap = (GAP_DP * resources.displayMetrics.density).toInt()

    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        measureChildren(
            MeasureSpec.makeMeasureSpec(MeasureSpec.getSize(widthSpec), MeasureSpec.AT_MOST),
            MeasureSpec.makeMeasureSpec(0, MeasureSpec.UNSPECIFIED),
        )
        val width = MeasureSpec.getSize(widthSpec)
        setMeasuredDimension(width, resolveSize(place(width) { _, _, _ -> }, heightSpec))
    }

    override fun onLayout(changed: Boolean, left: Int, top: Int, right: Int, bottom: Int) {
        val width = right - left
        val isMirrored = layoutDirection == LAYOUT_DIRECTION_RTL
        place(width) { child, start, y ->
            val x = if (isMirrored) width - start - child.measuredWidth else start
            child.layout(x, y, x + child.measuredWidth, y + child.measuredHeight)
        }
    }

    /** Tells [put] where each view begins, from the side one reads from, and returns the height. */
    private fun place(width: Int, put: (View, Int, Int) -> Unit): Int {
        var start = 0
        var top = 0
        var lineHeight = 0
        for (child in (0 until childCount).map(::getChildAt)) {
            if (child.visibility == View.GONE) continue
            if (start > 0 && start + child.measuredWidth > width) {
                top += lineHeight + gap
                start = 0
                lineHeight = 0
            }
            put(child, start, top)
            start += child.measuredWidth + gap
            lineHeight = maxOf(lineHeight, child.measuredHeight)
        }
        return top + lineHeight
    }

    private companion object {
        const val GAP_DP = 8f
    }
}
