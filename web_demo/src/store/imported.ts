/** Bundles that a person has put into the browser: their manifests, beside the site's. */
import { nestedFolder, wholeNames } from "./kept.ts";

/** Where their manifests are kept, each under the bundle's name. */
export const FOLDER = "bundles";

/** Their names, in the order of the alphabet. */
export async function importedNames(): Promise<readonly string[]> {
  return [...(await wholeNames(await nestedFolder(FOLDER)))].sort();
}

/** The manifest of one; null where there is none of that name. */
export async function importedManifest(name: string): Promise<Uint8Array | null> {
  try {
    const handle = await (await nestedFolder(FOLDER)).getFileHandle(name);
    return new Uint8Array(await (await handle.getFile()).arrayBuffer());
  } catch {
    return null;
  }
}

/** Forgets one; its files stay until they are removed. */
export async function forgetImported(name: string): Promise<void> {
  await (await nestedFolder(FOLDER)).removeEntry(name);
}
