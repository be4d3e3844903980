package dev.edgekit.core

import java.io.File
import java.io.FileInputStream
import java.io.FileNotFoundException
import java.io.IOException
import java.io.InputStream
import java.security.MessageDigest

/** Where a bundle's files are: a folder, an app's assets, ... */
public fun interface BundleFiles {
    /**
     * Opens a file for reading.
     *
     * @param file its path in the bundle, with forward slashes
     * @throws IOException it is not there, or cannot be read
     */
    public fun open(file: String): InputStream
}

/** The files below a folder. */
public class FolderFiles(private val folder: File) : BundleFiles {
    override fun open(file: String): InputStream = FileInputStream(File(folder, file))
}

/** An opened bundle: its manifest is read and checked, all else is read when it is asked for. */
public class Bundle private constructor(
    public val manifest: Manifest,
    private val files: BundleFiles,
) {
    /**
     * The bundle's tokenizer, read once.
     *
     * @throws EdgekitError.MissingFile or DamagedFile: its files
     * @throws EdgekitError.UnsupportedTokenizer there is none, or it has a step unknown here
     */
    public val tokenizer: Tokenizer by lazy {
        val facts = manifest.tokenizer ?: throw EdgekitError.UnsupportedTokenizer(
            "${manifest.name} was converted without a tokenizer: convert a checkpoint that has one",
        )
        Tokenizer.read(this, facts)
    }

    /**
     * Compares files with their hashes in the manifest.
     *
     * @param entries what to check; all files, unless said otherwise
     * @throws EdgekitError.MissingFile or DamagedFile: the first one that is not as it should be
     */
    public fun verify(entries: List<FileEntry> = manifest.files) {
        for (entry in entries) {
            if (read(entry.file, ::sha256) != entry.sha256) {
                throw EdgekitError.DamagedFile(entry.file, "its SHA-256 is not the manifest's")
            }
        }
    }

    /** Reads a file with [use]; what fails there is one of this library's errors. */
    internal fun <T> read(file: String, use: (InputStream) -> T): T = read(files, file, use)

    /** Reads a JSON file with [use]. */
    internal fun <T> readJson(file: String, use: (JsonReader) -> T): T =
        read(file) { input ->
            val reader = JsonReader(input.reader())
            use(reader).also { reader.end() }
        }

    public companion object {
        /**
         * Opens a bundle.
         *
         * @throws EdgekitError.MissingFile there is no manifest.json
         * @throws EdgekitError.DamagedFile the manifest cannot be read
         * @throws EdgekitError.UnsupportedSchema it is too old or too new for this library
         */
        public fun open(files: BundleFiles): Bundle {
            val root = read(files, MANIFEST) { JsonReader(it.reader()).readRoot() }
            return Bundle(told(MANIFEST) { readManifest(root) }, files)
        }

        /** The same for a folder. */
        public fun open(folder: File): Bundle = open(FolderFiles(folder))

        internal const val MANIFEST = "manifest.json"

        private fun <T> read(files: BundleFiles, file: String, use: (InputStream) -> T): T =
            told(file) { files.open(file).use { use(it.buffered()) } }

        private inline fun <T> told(file: String, read: () -> T): T = try {
            read()
        } catch (error: FileNotFoundException) {
            throw EdgekitError.MissingFile(file, error)
        } catch (error: IOException) {
            throw EdgekitError.DamagedFile(file, "it cannot be read", error)
        } catch (error: JsonException) {
            throw EdgekitError.DamagedFile(file, error.message.orEmpty(), error)
        }
    }
}

/** The hash of all that is left of a stream, as SHA-256 sums are written. */
internal fun sha256(input: InputStream): String {
    val hash = MessageDigest.getInstance("SHA-256")
    val buffer = ByteArray(1 shl 16)
    while (true) {
        val count = input.read(buffer)
        if (count < 0) break
        hash.update(buffer, 0, count)
    }
    return hash.digest().joinToString("") { (it.toInt() and 0xff).toString(16).padStart(2, '0') }
}
