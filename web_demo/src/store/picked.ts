/** A bundle as a person picks it: a ZIP file, or the files of a folder. */
import { EdgekitError, type Files } from "../core/index.ts";

const MANIFEST = "manifest.json";

/** What is sent to the worker that keeps it. */
export type Picked =
  | { readonly kind: "zip"; readonly file: File }
  | { readonly kind: "folder"; readonly files: readonly File[] };

/** The name of the bundle: that of the file or folder, without its suffixes. */
export function nameOf(picked: Picked): string {
  const name = picked.kind === "zip" ? picked.file.name : picked.files[0].webkitRelativePath.split("/")[0];
  return name.replace(/\.zip$/i, "").replace(/\.edgekit$/, "");
}

/**
 * Reads its files, by their paths in the bundle.
 *
 * @throws EdgekitError DamagedFile: it is no ZIP file; MissingFile: there is no manifest.json
 */
export async function filesOfPicked(picked: Picked): Promise<Files> {
  if (picked.kind === "folder") return inFolder(picked.files);
  return (await import("./zip.ts")).zipped(picked.file);
}

function inFolder(files: readonly File[]): Files {
  const byPath = new Map(files.map((file) => [file.webkitRelativePath, file]));
  const folder = folderOf([...byPath.keys()]);
  return {
    read: async (path) => {
      const found = byPath.get(folder + path);
      if (found === undefined) throw EdgekitError.missingFile(path);
      return new Uint8Array(await found.arrayBuffer());
    },
  };
}

/** Where the manifest is: packed bundles have a folder around them, or none. */
export function folderOf(paths: readonly string[]): string {
  const found = paths.filter((path) => `/${path}`.endsWith(`/${MANIFEST}`));
  if (found.length === 0) throw EdgekitError.missingFile(MANIFEST);
  const [highest] = found.sort((one, other) => one.length - other.length);
  return highest.slice(0, -MANIFEST.length);
}
