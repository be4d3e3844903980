/** Files that the browser keeps for this site, each called by its SHA-256. */
import { EdgekitError } from "../core/index.ts";
import { say } from "../app/words.ts";

const FOLDER = "files";
const PART = ".part";

/** The folder of all kept files. */
export function keptFolder(): Promise<FileSystemDirectoryHandle> {
  return nestedFolder(FOLDER);
}

/**
 * A folder of the site's storage.
 *
 * @throws EdgekitError RuntimeFailed: the browser keeps nothing here
 */
export async function nestedFolder(name: string): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(name, { create: true });
  } catch (error) {
    throw new EdgekitError("RuntimeFailed", say("error_storage"), error);
  }
}

/** The name of a file that is not whole yet. */
export function partOf(hash: string): string {
  return `${hash}${PART}`;
}

/** How many bytes are there of each file, whole or not, by its hash. */
export async function keptSizes(): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const handle of (await keptFolder()).values()) {
    if (handle.kind !== "file") continue;
    const { size } = await (handle as FileSystemFileHandle).getFile();
    sizes.set(handle.name.replace(PART, ""), size);
  }
  return sizes;
}

/** The hashes of the files that are whole. */
export async function wholeFiles(): Promise<ReadonlySet<string>> {
  return new Set(await wholeNames(await keptFolder()));
}

/** The names in a folder of the files that are whole. */
export async function wholeNames(folder: FileSystemDirectoryHandle): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) if (!name.endsWith(PART)) names.push(name);
  return names;
}

/** All of a file that is whole; else an error. */
export async function readKept(hash: string): Promise<Uint8Array> {
  const handle = await (await keptFolder()).getFileHandle(hash);
  return new Uint8Array(await (await handle.getFile()).arrayBuffer());
}

/**
 * Writes all of a file, which appears whole or not at all. In a worker.
 *
 * @throws EdgekitError RuntimeFailed: there is no space
 */
export async function keepWhole(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const part = await folder.getFileHandle(partOf(name), { create: true });
  const out = await part.createSyncAccessHandle();
  try {
    out.truncate(0);
    write(out, content, 0);
  } finally {
    out.close();
  }
  await part.move(name);
}

/**
 * Writes bytes at a place, and returns how many. Chromium returns an error's number as a size.
 *
 * @throws EdgekitError RuntimeFailed: there is no space
 */
export function write(out: FileSystemSyncAccessHandle, bytes: Uint8Array, at: number): number {
  const written = out.write(bytes as Uint8Array<ArrayBuffer>, { at });
  if (written === bytes.length) return written;
  throw new EdgekitError("RuntimeFailed", say("error_no_space"));
}

/** Removes files, whole or not, if they are there. */
export async function removeKept(hashes: Iterable<string>): Promise<void> {
  const folder = await keptFolder();
  for (const hash of hashes) {
    for (const name of [hash, partOf(hash)]) await folder.removeEntry(name).catch(() => {});
  }
}
