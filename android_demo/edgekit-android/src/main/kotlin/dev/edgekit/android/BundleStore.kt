package dev.edgekit.android

import android.content.Context
import dev.edgekit.core.EdgekitError
import java.io.File
import java.io.IOException
import java.io.InputStream

/**
 * The bundles of an app, from three places: its assets (`bundles/NAME.edgekit`), what was imported,
 * and what was pushed with adb.
 *
 * Its functions block: call them off the main thread.
 */
public class BundleStore(context: Context) {
    private val assets = context.assets
    private val imported = File(context.noBackupFilesDir, FOLDER)

    /** Where adb may push bundles; null while the phone's storage is not mounted. */
    public val pushed: File? = context.getExternalFilesDir(FOLDER)

    /** All bundles; of one name, an imported one hides the app's own. */
    public fun list(): List<StoredBundle> =
        (folders(imported) + folders(pushed) + packed()).distinctBy { it.name }

    /**
     * The bundle of that name.
     *
     * @throws EdgekitError.MissingFile there is none
     */
    public fun find(name: String): StoredBundle = list().firstOrNull { it.name == bare(name) }
        ?: throw EdgekitError.MissingFile(name)

    /**
     * Takes in a bundle from a ZIP file: what the user picked, or what the app has downloaded.
     *
     * It appears whole or not at all: every file is compared with its hash in the manifest.
     *
     * @param name for people, used where the ZIP has no folder of its own
     * @param zip is read to its end and not closed
     * @param sha256 what the ZIP has to be, as the download's page says; null: not compared
     * @throws EdgekitError.DamagedFile it is no bundle, is cut off, or another than [sha256]
     * @throws IOException the phone has no space left
     */
    public fun add(name: String, zip: InputStream, sha256: String? = null): StoredBundle {
        val part = File(imported, ".part").apply { deleteRecursively() }
        try {
            val root = BundleArchive(name, zip, sha256).unpack(part)
            val bundle = StoredBundle.InFolder(root).open()
            bundle.verify()
            val target = File(imported, safe(bundle.manifest.name) + StoredBundle.SUFFIX)
            target.deleteRecursively()
            if (!root.renameTo(target)) throw IOException("$target cannot be written")
            return StoredBundle.InFolder(target)
        } finally {
            part.deleteRecursively()
        }
    }

    /** Removes an imported bundle. */
    public fun remove(bundle: StoredBundle.InFolder) {
        if (canRemove(bundle)) bundle.folder.deleteRecursively()
    }

    /** Whether it was imported: what adb pushed or the app brings stays. */
    public fun canRemove(bundle: StoredBundle): Boolean =
        bundle is StoredBundle.InFolder && bundle.folder.parentFile == imported

    private fun packed(): List<StoredBundle> = assets.list(FOLDER).orEmpty()
        .map { StoredBundle.InAssets(bare(it), assets, "$FOLDER/$it") }

    private fun folders(place: File?): List<StoredBundle> = place?.listFiles().orEmpty()
        .filter { File(it, "manifest.json").isFile }
        .sortedBy { it.name }
        .map { StoredBundle.InFolder(it) }

    private fun bare(name: String) = name.removeSuffix(StoredBundle.SUFFIX)

    private fun safe(name: String) =
        name.map { if (it.isLetterOrDigit() || it in "-_") it else '-' }.joinToString("")

    private companion object {
        const val FOLDER = "bundles"
    }
}
