package dev.edgekit.demo

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.view.View
import android.widget.ProgressBar
import android.widget.TextView
import android.widget.Toolbar
import dev.edgekit.android.BundleStore
import dev.edgekit.core.EdgekitError
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import dev.edgekit.core.Bundle as ModelBundle

/** What all screens have: a bar, a line that shows work, a place for an error, and a scope. */
abstract class ScreenActivity(private val layout: Int) : Activity() {
    /** Work of this screen: it is cancelled with it. */
    protected val scope = CoroutineScope(SupervisorJob() + MainThread)

    protected val store by lazy { BundleStore(this) }

    /** The bundle that this screen is about. */
    protected val bundleName: String by lazy { intent.getStringExtra(BUNDLE).orEmpty() }

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(layout)
        val bar = view<Toolbar>(R.id.bar)
        bar.setNavigationOnClickListener { finish() }
        if (bundleName.isNotEmpty()) bar.subtitle = bundleName
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** Starts work of this screen; [failed] is told what goes wrong. */
    protected fun work(failed: (EdgekitError) -> Unit, block: suspend () -> Unit): Job = scope.launch {
        try {
            block()
        } catch (error: Exception) {
            failed(shown(error))
        }
    }

    /** Reads this screen's bundle, and its tokenizer, which takes longer. */
    protected suspend fun openBundle(): ModelBundle =
        withContext(Dispatchers.IO) { store.find(bundleName).open().also { it.tokenizer } }

    protected fun showBusy(isBusy: Boolean) {
        view<ProgressBar>(R.id.busy).visibility = if (isBusy) View.VISIBLE else View.INVISIBLE
    }

    /** Shows an error; null hides the last one. */
    protected fun showProblem(error: EdgekitError?) {
        view<TextView>(R.id.problem).showText(error?.let { words(it) })
    }

    protected fun <T : View> view(id: Int): T = window.decorView.view(id)

    /** Lets the user send a result to another app. */
    protected fun share(json: String) {
        val send = Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, json)
        startActivity(Intent.createChooser(send, getText(R.string.share_done)))
    }

    companion object {
        /** The extra that names a screen's bundle. */
        const val BUNDLE = "bundle"
    }
}
