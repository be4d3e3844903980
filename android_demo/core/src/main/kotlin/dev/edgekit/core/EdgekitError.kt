package dev.edgekit.core

/** What ends a line, in a name that a damaged bundle has. */
private val LINE_ENDS = Regex("[\\p{Cc}\\u2028\\u2029]+")

/**
 * Everything that this library refuses on purpose.
 *
 * The message is one line that says what was wrong and what to do. It never holds a text that was
 * given to a model, so that it may be logged.
 */
public sealed class EdgekitError(message: String, cause: Throwable? = null) :
    RuntimeException(message.replace(LINE_ENDS, " "), cause) {

    /** A file that the manifest names is not there. */
    public class MissingFile(public val file: String, cause: Throwable? = null) :
        EdgekitError("the bundle has no file $file: copy all of the bundle", cause)

    /** A file that is cut off, changed, or not what its name says. */
    public class DamagedFile(public val file: String, why: String, cause: Throwable? = null) :
        EdgekitError("$file is damaged: $why; copy the bundle again", cause)

    /** A bundle of another time than this library. */
    public class UnsupportedSchema(message: String) : EdgekitError(message)

    /** A call that the model's task has no answer for. */
    public class UnsupportedTask(message: String) : EdgekitError(message)

    /** A step of the tokenizer, or a kind of it, that is not implemented here. */
    public class UnsupportedTokenizer(message: String) : EdgekitError(message)

    /** No token is left of a text. */
    public class EmptyText(message: String) : EdgekitError(message)

    /** A question that leaves no room for the passage. */
    public class QuestionTooLong(message: String) : EdgekitError(message)

    /** A text without a mask where one is to be filled. */
    public class NoMask(message: String) : EdgekitError(message)

    /** What a runtime said when it opened a file or ran it. */
    public class RuntimeFailed(message: String, cause: Throwable? = null) :
        EdgekitError(message, cause)

    /** The case's name, the same in Swift: for reports and tests. Shrinkers rename classes. */
    public val kind: String
        get() = when (this) {
            is MissingFile -> "MissingFile"
            is DamagedFile -> "DamagedFile"
            is UnsupportedSchema -> "UnsupportedSchema"
            is UnsupportedTask -> "UnsupportedTask"
            is UnsupportedTokenizer -> "UnsupportedTokenizer"
            is EmptyText -> "EmptyText"
            is QuestionTooLong -> "QuestionTooLong"
            is NoMask -> "NoMask"
            is RuntimeFailed -> "RuntimeFailed"
        }
}
