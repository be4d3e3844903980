/** Files of the site are loaded into the browser's own storage, and checked, in a worker. */
import { EdgekitError, sha256 } from "../core/index.ts";
import { say } from "../app/words.ts";
import { keptFolder, partOf, wholeFiles, write } from "./kept.ts";
import { base, type SiteFile } from "./site.ts";

/**
 * Loads a file unless it is there, going on where an earlier attempt was cut off. Only one tab loads
 * a file; others wait for it.
 *
 * @param told is told how many bytes are there
 * @throws EdgekitError MissingFile: the site has no such file; DamagedFile: it is another one;
 *   RuntimeFailed: no network, no space
 */
export function download(file: SiteFile, told: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  return navigator.locks.request(file.sha256, { signal }, async () => {
    if (!(await wholeFiles()).has(file.sha256)) await loadWhole(file, told, signal);
    told(file.sizeBytes);
  });
}

async function loadWhole(file: SiteFile, told: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  const folder = await keptFolder();
  const part = await folder.getFileHandle(partOf(file.sha256), { create: true });
  const resumed = (await part.getFile()).size > 0;
  await append(part, file, told, signal);
  if (await isRight(part, file)) return part.move(file.sha256);
  await folder.removeEntry(part.name);
  if (resumed) return loadWhole(file, told, signal); // what was there may be of another file
  throw EdgekitError.damagedFile(file.path, "its SHA-256 is not the manifest's");
}

/** Loads what is missing of a file. */
async function append(
  part: FileSystemFileHandle,
  file: SiteFile,
  told: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const out = await part.createSyncAccessHandle();
  try {
    let at = out.getSize();
    if (at >= file.sizeBytes) return;
    const answer = await ask(file, at, signal);
    if (answer.status !== 206) out.truncate((at = 0));
    for await (const bytes of answer.body ?? []) {
      at += write(out, bytes, at);
      told(at);
    }
    if (at < file.sizeBytes) throw new TypeError("the answer ended early");
  } catch (error) {
    throw shown(error);
  } finally {
    out.close();
  }
}

async function ask(file: SiteFile, from: number, signal: AbortSignal): Promise<Response> {
  const headers: HeadersInit = from > 0 ? { Range: `bytes=${from}-` } : {};
  const answer = await fetch(new URL(file.path, base()), { headers, signal, cache: "no-store" });
  if (answer.status === 404) throw EdgekitError.missingFile(file.path);
  if (!answer.ok) throw new TypeError(`the server answers ${answer.status}`);
  return answer;
}

async function isRight(part: FileSystemFileHandle, file: SiteFile): Promise<boolean> {
  return (await sha256(new Uint8Array(await (await part.getFile()).arrayBuffer()))) === file.sha256;
}

/** What cut a download off, as an error with words for people. */
function shown(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof EdgekitError) return error;
  if (error.name === "AbortError") return error;
  const words = error.name === "QuotaExceededError" ? say("error_no_space") : say("error_network");
  return new EdgekitError("RuntimeFailed", words, error);
}
