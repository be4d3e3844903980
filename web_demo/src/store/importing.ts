/** A bundle that a person has picked is kept in the browser, in a worker. */
import { Bundle, EdgekitError, sha256, type FileEntry, type Files } from "../core/index.ts";
import { say } from "../app/words.ts";
import { FOLDER, importedNames } from "./imported.ts";
import { keepWhole, keptFolder, nestedFolder, wholeFiles } from "./kept.ts";
import { neededFiles, type Site } from "./site.ts";

const MANIFEST = "manifest.json";

/**
 * Keeps a bundle's manifest and the files that the app reads, each checked by its hash. What was kept
 * of one that turns out to be damaged is there for the next attempt.
 *
 * @param told is told how many bytes are kept
 * @throws EdgekitError as {@link Bundle.open}; MissingFile, DamagedFile: one of the files;
 *   RuntimeFailed: no space, or the name is taken
 */
export async function importBundle(
  name: string,
  files: Files,
  site: Site,
  told: (bytes: number) => void,
): Promise<void> {
  if ([...site.bundles, ...(await importedNames())].includes(name)) {
    throw new EdgekitError("RuntimeFailed", say("error_name_taken", name));
  }
  const bundle = await Bundle.open(files);
  let bytes = 0;
  for (const entry of [...neededFiles(bundle, site).values()].flat()) {
    await navigator.locks.request(entry.sha256, () => keepFile(files, entry));
    told((bytes += entry.sizeBytes));
  }
  await keepWhole(await nestedFolder(FOLDER), name, await files.read(MANIFEST));
}

/** Keeps a file unless it is there. */
async function keepFile(files: Files, { file, sha256: right }: FileEntry): Promise<void> {
  if ((await wholeFiles()).has(right)) return;
  const content = await files.read(file);
  if ((await sha256(content)) !== right) {
    throw EdgekitError.damagedFile(file, "its SHA-256 is not the manifest's");
  }
  await keepWhole(await keptFolder(), right, content);
}
