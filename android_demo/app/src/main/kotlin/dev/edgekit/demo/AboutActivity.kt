package dev.edgekit.demo

import android.os.Build
import android.os.Bundle
import android.widget.TextView
import dev.edgekit.android.Runtimes
import dev.edgekit.core.EdgekitError
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** Versions, privacy, and the licences of code and models. */
class AboutActivity : ScreenActivity(R.layout.activity_about) {
    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        view<TextView>(R.id.versions).text = "${app()}\n${runtimes()}"
        scope.launch {
            view<TextView>(R.id.models).text = withContext(Dispatchers.IO) { licences() }
        }
    }

    private fun app(): String = getString(
        R.string.about_app,
        packageManager.getPackageInfo(packageName, 0).versionName,
        Build.VERSION.RELEASE,
        Build.VERSION.SDK_INT,
        Build.MODEL,
    )

    private fun runtimes(): String {
        val names = Runtimes.all.joinToString { it.name }
        return getString(R.string.about_runtimes, names.ifEmpty { getString(R.string.about_no_runtime) })
    }

    private fun licences(): String = store.list().joinToString("\n") { stored ->
        val licence = try {
            stored.open().manifest.license ?: getString(R.string.licence_unknown)
        } catch (error: EdgekitError) {
            words(error)
        }
        getString(R.string.about_model, stored.name, licence)
    }
}
