/** What an error is about, the same names in Kotlin and Swift: for reports, tests and messages. */
export type ErrorKind =
  | "MissingFile"
  | "DamagedFile"
  | "UnsupportedSchema"
  | "UnsupportedTask"
  | "UnsupportedTokenizer"
  | "EmptyText"
  | "QuestionTooLong"
  | "NoMask"
  | "RuntimeFailed";

/** What ends a line, in a name that a damaged bundle has. */
const LINE_ENDS = /[\p{Cc}\u2028\u2029]+/gu;

/**
 * Everything that this library refuses on purpose.
 *
 * The message is one line that says what was wrong and what to do. It never holds a text that was
 * given to a model, so that it may be logged.
 */
export class EdgekitError extends Error {
  readonly kind: ErrorKind;
  /** The file that is missing or damaged; null for other kinds. */
  readonly file: string | null;

  constructor(kind: ErrorKind, message: string, cause?: unknown, file: string | null = null) {
    super(message.replace(LINE_ENDS, " "), { cause });
    this.name = "EdgekitError";
    this.kind = kind;
    this.file = file;
  }

  /** A file that the manifest names is not there. */
  static missingFile(file: string, cause?: unknown): EdgekitError {
    return new EdgekitError(
      "MissingFile",
      `the bundle has no file ${file}: copy all of the bundle`,
      cause,
      file,
    );
  }

  /** A file that is cut off, changed, or not what its name says. */
  static damagedFile(file: string, why: string, cause?: unknown): EdgekitError {
    return new EdgekitError(
      "DamagedFile",
      `${file} is damaged: ${why}; copy the bundle again`,
      cause,
      file,
    );
  }
}

/** Content that is not what it should be. Whoever knows the file's name makes an error of it. */
export class ContentError extends Error {}
