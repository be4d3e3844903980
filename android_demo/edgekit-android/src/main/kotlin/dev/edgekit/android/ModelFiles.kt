package dev.edgekit.android

import dev.edgekit.core.Artifact
import dev.edgekit.core.EdgekitError
import dev.edgekit.core.FileEntry
import java.io.File
import java.io.IOException
import java.security.DigestOutputStream
import java.security.MessageDigest
import java.util.concurrent.CancellationException

/**
 * Models as files that runtimes can open: an app's assets are packed in its APK, so a model is
 * copied out of it, once.
 *
 * @param home a folder that is not backed up
 */
internal class ModelFiles(private val home: File) {
    /**
     * Where the artifact's file is; it is copied if it has to be.
     *
     * A copy is made under another name and renamed when it is whole and has its hash, so that an
     * interrupted one is never opened.
     *
     * @throws EdgekitError.DamagedFile it is not what the manifest says
     * @throws IOException the phone has no space left
     */
    fun file(bundle: StoredBundle, artifact: Artifact): File = when (bundle) {
        is StoredBundle.InFolder -> File(bundle.folder, artifact.file)
        is StoredBundle.InAssets -> File(copied(bundle, artifact), artifact.file)
    }

    private fun copied(bundle: StoredBundle, artifact: Artifact): File {
        val folder = File(home, artifact.sha256)
        if (folder.isDirectory) return folder
        val part = File(home, "${artifact.sha256}.part").apply { deleteRecursively() }
        part.mkdirs()
        try {
            for (entry in artifact.files) copy(bundle, entry, File(part, entry.file))
            if (!part.renameTo(folder)) throw IOException("$folder cannot be written")
        } finally {
            part.deleteRecursively()
        }
        return folder
    }

    private fun copy(bundle: StoredBundle, entry: FileEntry, target: File) {
        val hash = MessageDigest.getInstance("SHA-256")
        val buffer = ByteArray(1 shl 16)
        bundle.files.open(entry.file).use { input ->
            DigestOutputStream(target.outputStream(), hash).use { output ->
                while (true) {
                    if (Thread.interrupted()) throw CancellationException("interrupted")
                    val count = input.read(buffer)
                    if (count < 0) break
                    output.write(buffer, 0, count)
                }
            }
        }
        if (hash.digest().hex() != entry.sha256) {
            throw EdgekitError.DamagedFile(entry.file, "its SHA-256 is not the manifest's")
        }
    }
}
