import { ContentError, EdgekitError } from "../edgekit-error.ts";
import { JsonObject } from "../json-object.ts";
import { Tokenizer } from "../tokenizer/tokenizer.ts";
import { Vocabulary } from "../tokenizer/vocabulary.ts";
import { readManifest } from "./manifest-reader.ts";
import type { Artifact, FileEntry, Manifest } from "./manifest.ts";

const MANIFEST = "manifest.json";

/** Where a bundle's files are: a folder, a web server, a browser's cache, ... */
export interface Files {
  /**
   * All of a file.
   *
   * An {@link EdgekitError} of its own reaches the caller as it is; any other error says that the
   * file is not there.
   *
   * @param path in the bundle, with forward slashes
   */
  read(path: string): Promise<Uint8Array>;
}

/** An opened bundle: its manifest is read and checked, all else is read when it is asked for. */
export class Bundle {
  readonly manifest: Manifest;
  /** Of manifest.json, which tells bundles apart. */
  readonly sha256: string;
  private readonly files: Files;
  private reading: Promise<Tokenizer> | null = null;

  private constructor(manifest: Manifest, sha256: string, files: Files) {
    this.manifest = manifest;
    this.sha256 = sha256;
    this.files = files;
  }

  /**
   * Opens a bundle.
   *
   * @throws EdgekitError MissingFile: there is no manifest.json; DamagedFile: it cannot be read;
   *   UnsupportedSchema: it is too old or too new for this library
   */
  static async open(files: Files): Promise<Bundle> {
    const content = await contentOf(files, MANIFEST);
    const manifest = told(MANIFEST, () => readManifest(JsonObject.parse(content)));
    return new Bundle(manifest, await sha256(content), files);
  }

  /**
   * The artifact of that file name.
   *
   * @throws EdgekitError MissingFile: there is none
   */
  artifact(file: string): Artifact {
    const found = this.manifest.artifacts.find((each) => each.file === file);
    if (found === undefined) throw EdgekitError.missingFile(file);
    return found;
  }

  /**
   * The bundle's tokenizer, read once.
   *
   * @throws EdgekitError MissingFile or DamagedFile: its files; UnsupportedTokenizer: there is
   *   none, or it has a step unknown here
   */
  async tokenizer(): Promise<Tokenizer> {
    this.reading ??= this.readTokenizer();
    return this.reading;
  }

  /**
   * Compares files with their hashes in the manifest.
   *
   * @param entries what to check; all files, unless said otherwise
   * @throws EdgekitError MissingFile or DamagedFile: the first one that is not as it should be
   */
  async verify(entries: readonly FileEntry[] = this.manifest.files): Promise<void> {
    for (const entry of entries) {
      if ((await sha256(await contentOf(this.files, entry.file))) !== entry.sha256) {
        throw EdgekitError.damagedFile(entry.file, "its SHA-256 is not the manifest's");
      }
    }
  }

  /** Reads a JSON file with `use`; what it refuses is one of this library's errors. */
  async readJson<T>(file: string, use: (root: JsonObject) => T): Promise<T> {
    const content = await contentOf(this.files, file);
    return told(file, () => use(JsonObject.parse(content)));
  }

  private async readTokenizer(): Promise<Tokenizer> {
    const { tokenizer, name } = this.manifest;
    if (tokenizer === null) {
      throw new EdgekitError(
        "UnsupportedTokenizer",
        `${name} was converted without a tokenizer: convert a checkpoint that has one`,
      );
    }
    const { settings, vocabulary } = tokenizer;
    const content = await contentOf(this.files, vocabulary.file);
    const entries = told(vocabulary.file, () => Vocabulary.parse(content));
    return this.readJson(settings.file, (root) => Tokenizer.parse(root, entries));
  }
}

async function contentOf(files: Files, file: string): Promise<Uint8Array> {
  try {
    return await files.read(file);
  } catch (error) {
    throw error instanceof EdgekitError ? error : EdgekitError.missingFile(file, error);
  }
}

function told<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    throw EdgekitError.damagedFile(file, error.message, error);
  }
}

/** A hash as SHA-256 sums are written. */
export async function sha256(content: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", content as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
