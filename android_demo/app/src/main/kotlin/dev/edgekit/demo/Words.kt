package dev.edgekit.demo

import android.content.Context
import android.text.format.Formatter
import dev.edgekit.core.Artifact
import dev.edgekit.core.EdgekitError
import java.io.IOException
import java.text.NumberFormat

/** An error in the user's language; what only a developer can mend stays as the library says it. */
fun Context.words(error: EdgekitError): String = when (error) {
    is EdgekitError.MissingFile -> getString(R.string.error_missing_file, error.file)
    is EdgekitError.DamagedFile -> getString(R.string.error_damaged_file, error.file)
    is EdgekitError.EmptyText -> getString(R.string.error_empty_text)
    is EdgekitError.QuestionTooLong -> getString(R.string.error_question_too_long)
    is EdgekitError.NoMask -> getString(R.string.error_no_mask)
    else -> error.message.orEmpty()
}

/** Whatever fails on a screen, as an error that it can show. */
fun Context.shown(error: Exception): EdgekitError = when (error) {
    is EdgekitError -> error
    is IOException -> EdgekitError.RuntimeFailed(getString(R.string.error_no_space), error)
    else -> throw error
}

/** A file with what tells it from others. */
fun Context.words(artifact: Artifact): String = getString(
    R.string.models_file,
    artifact.file,
    artifact.recipe,
    Formatter.formatShortFileSize(this, artifact.sizeBytes),
)

/** A share of one, for people: `93.1%`. */
fun percent(share: Float): String =
    NumberFormat.getPercentInstance().apply { maximumFractionDigits = 1 }.format(share)

/** A number with so many digits behind the point. */
fun digits(value: Number, count: Int): String = NumberFormat.getNumberInstance()
    .apply {
        minimumFractionDigits = count
        maximumFractionDigits = count
    }
    .format(value)

/** Milliseconds: whole ones, or with one digit where they are few. */
fun milliseconds(value: Double): String = digits(value, if (value < 10) 1 else 0)
