package dev.edgekit.demo

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.TextView
import android.widget.Toolbar
import dev.edgekit.android.StoredBundle
import dev.edgekit.core.ModelsState
import java.io.FileNotFoundException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** The bundles that are there, and the way to each. */
class ModelsActivity : ScreenActivity(R.layout.activity_models) {
    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        val bar = view<Toolbar>(R.id.bar)
        bar.inflateMenu(R.menu.models)
        bar.setOnMenuItemClickListener {
            startActivity(Intent(this, AboutActivity::class.java))
            true
        }
        view<Button>(R.id.add).setOnClickListener { pick() }
        store.pushed?.let {
            view<TextView>(R.id.push).text = getString(R.string.models_push, it.path)
        }
    }

    override fun onResume() {
        super.onResume()
        search()
    }

    private fun search() {
        render(ModelsState.Searching)
        scope.launch {
            val cards = withContext(Dispatchers.IO) { store.list().map { ModelCard.of(it) } }
            view<ViewGroup>(R.id.models).removeAllViews()
            cards.forEach(::show)
            val rows = cards.mapNotNull { it.row }
            render(if (cards.isEmpty()) ModelsState.Empty else ModelsState.Found(rows, chosen = null))
        }
    }

    private fun show(card: ModelCard) {
        val view = view<ViewGroup>(R.id.models).add(R.layout.item_model)
        card.show(view)
        for ((button, screen) in SCREENS) {
            view.view<Button>(button).setOnClickListener {
                startActivity(Intent(this, screen).putExtra(BUNDLE, card.stored.name))
            }
        }
        val remove = view.view<Button>(R.id.remove)
        remove.isShown(store.canRemove(card.stored))
        remove.setOnClickListener { remove(card.stored) }
    }

    private fun remove(stored: StoredBundle) {
        if (stored !is StoredBundle.InFolder) return
        scope.launch {
            withContext(Dispatchers.IO) { store.remove(stored) }
            search()
        }
    }

    private fun pick() {
        val open = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE)
        startActivityForResult(open.setType("application/zip"), PICK)
    }

    @Deprecated("the platform's own way; the newer one is androidx's")
    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        val picked = data?.data
        if (request == PICK && result == Activity.RESULT_OK && picked != null) import(picked)
    }

    private fun import(picked: Uri) {
        val name = picked.lastPathSegment.orEmpty().substringAfterLast('/')
        render(ModelsState.Importing(name, doneBytes = 0))
        work({ render(ModelsState.Failed(it)) }) {
            withContext(Dispatchers.IO) { import(name, picked) }
            search()
        }
    }

    private fun import(name: String, picked: Uri) {
        val input = contentResolver.openInputStream(picked) ?: throw FileNotFoundException(name)
        input.use { store.add(name, it) }
    }

    private fun render(state: ModelsState) {
        showBusy(state is ModelsState.Searching || state is ModelsState.Importing)
        view<View>(R.id.empty).isShown(state is ModelsState.Empty)
        showProblem((state as? ModelsState.Failed)?.error)
    }

    private companion object {
        const val PICK = 1

        val SCREENS = listOf(
            R.id.open_try to TryActivity::class.java,
            R.id.open_self_test to SelfTestActivity::class.java,
            R.id.open_compare to CompareActivity::class.java,
            R.id.open_measure to MeasureActivity::class.java,
        )
    }
}
