package dev.edgekit.android

import dev.edgekit.core.EdgekitError
import java.io.File
import java.io.InputStream
import java.security.DigestInputStream
import java.security.MessageDigest
import java.util.zip.ZipException
import java.util.zip.ZipInputStream

/** A ZIP file with one bundle, in a folder of its own or not. */
internal class BundleArchive(
    private val name: String,
    private val zip: InputStream,
    private val sha256: String?,
) {
    /**
     * Unpacks it.
     *
     * @return the folder with manifest.json, at or below [folder]
     * @throws EdgekitError.DamagedFile it is no ZIP, holds no bundle, or is another file
     */
    fun unpack(folder: File): File {
        val hash = MessageDigest.getInstance("SHA-256")
        val input = DigestInputStream(zip, hash)
        try {
            entries(ZipInputStream(input), folder)
        } catch (error: ZipException) {
            throw EdgekitError.DamagedFile(name, "it is no ZIP file", error)
        }
        input.copyTo(Discarded)
        if (sha256 != null && !hash.digest().hex().equals(sha256, ignoreCase = true)) {
            throw EdgekitError.DamagedFile(name, "its SHA-256 is another one")
        }
        return folder.walk().maxDepth(2).firstOrNull { File(it, "manifest.json").isFile }
            ?: throw EdgekitError.DamagedFile(name, "it holds no manifest.json")
    }

    private fun entries(zip: ZipInputStream, folder: File) {
        val root = folder.canonicalFile
        while (true) {
            val entry = zip.nextEntry ?: return
            val target = File(root, entry.name).canonicalFile
            if (!target.startsWith(root)) throw EdgekitError.DamagedFile(name, "it leaves its folder")
            if (entry.isDirectory) continue
            target.parentFile?.mkdirs()
            target.outputStream().use { zip.copyTo(it) }
        }
    }
}
