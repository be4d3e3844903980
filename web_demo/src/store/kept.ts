/** Files that the browser keeps for this site, each called by its SHA-256. */
import { EdgekitError } from "../core/index.ts";
import { say } from "../app/words.ts";

const FOLDER = "files";
const PART = ".part";

/**
 * The folder of all kept files.
 *
 * @throws EdgekitError RuntimeFailed: the browser keeps nothing here
 */
export async function keptFolder(): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
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
  const whole = new Set<string>();
  for await (const name of (await keptFolder()).keys()) if (!name.endsWith(PART)) whole.add(name);
  return whole;
}

/** All of a file that is whole; else an error. */
export async function readKept(hash: string): Promise<Uint8Array> {
  const handle = await (await keptFolder()).getFileHandle(hash);
  return new Uint8Array(await (await handle.getFile()).arrayBuffer());
}

/** Removes files, whole or not, if they are there. */
export async function removeKept(hashes: Iterable<string>): Promise<void> {
  const folder = await keptFolder();
  for (const hash of hashes) {
    for (const name of [hash, partOf(hash)]) await folder.removeEntry(name).catch(() => {});
  }
}
