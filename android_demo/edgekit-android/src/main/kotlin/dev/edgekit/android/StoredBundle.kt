package dev.edgekit.android

import android.content.res.AssetManager
import dev.edgekit.core.Bundle
import dev.edgekit.core.BundleFiles
import dev.edgekit.core.FolderFiles
import java.io.File
import java.io.InputStream

/**
 * A bundle that the phone has.
 *
 * @property name of its folder, without `.edgekit`
 * @property files its files
 */
public sealed class StoredBundle(public val name: String, public val files: BundleFiles) {
    /** Reads its manifest. */
    public fun open(): Bundle = Bundle.open(files)

    /** Part of the app: read-only, and packed, so that a model is copied before it is opened. */
    public class InAssets internal constructor(name: String, assets: AssetManager, path: String) :
        StoredBundle(name, AssetFiles(assets, path))

    /** A folder of the phone. */
    public class InFolder(public val folder: File) :
        StoredBundle(folder.name.removeSuffix(SUFFIX), FolderFiles(folder))

    internal companion object {
        const val SUFFIX = ".edgekit"
    }
}

private class AssetFiles(private val assets: AssetManager, private val path: String) : BundleFiles {
    override fun open(file: String): InputStream = assets.open("$path/$file")
}
