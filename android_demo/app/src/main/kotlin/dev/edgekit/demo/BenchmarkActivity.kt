package dev.edgekit.demo

import android.app.Activity
import android.os.Bundle
import android.util.Log
import dev.edgekit.android.Runtimes
import dev.edgekit.core.BenchmarkContract
import dev.edgekit.core.BenchmarkRequest
import java.io.File
import kotlin.concurrent.thread
import kotlin.system.exitProcess

/** The launch contract of docs/app-contract.md: a launch is a request, and ends its process. */
class BenchmarkActivity : Activity() {
    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        thread {
            Log.i("edgekit", answer())
            exitProcess(0)
        }
    }

    private fun answer(): String = try {
        val folder = File(getExternalFilesDir(null), "edgekit")
        BenchmarkContract(Runtimes.all, folder).launch(BenchmarkRequest.of(extras()))
    } catch (error: IllegalArgumentException) {
        error.message.orEmpty() // a launch by hand: there is nobody to answer
    }

    /** The request as texts; numbers come as such. */
    @Suppress("DEPRECATION") // the typed getters want to know the type
    private fun extras(): Map<String, String> {
        val extras = intent.extras ?: return emptyMap()
        return extras.keySet().associateWith { "${extras.get(it)}" }
    }
}
