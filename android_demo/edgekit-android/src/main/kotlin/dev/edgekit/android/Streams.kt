package dev.edgekit.android

import java.io.OutputStream

/** Takes everything and keeps nothing: so that a stream is read to its end. */
internal object Discarded : OutputStream() {
    override fun write(byte: Int) = Unit

    override fun write(bytes: ByteArray, offset: Int, length: Int) = Unit
}

/** As SHA-256 sums are written. */
internal fun ByteArray.hex(): String =
    joinToString("") { (it.toInt() and 0xff).toString(16).padStart(2, '0') }
