/** The files of a ZIP file; loaded when there is one. */
import { unzipSync } from "fflate";
import { EdgekitError, type Files } from "../core/index.ts";
import { folderOf } from "./picked.ts";

/**
 * Reads them when they are asked for.
 *
 * @throws EdgekitError DamagedFile: it is no ZIP file; MissingFile: there is no manifest.json
 */
export async function zipped(file: File): Promise<Files> {
  const archive = new Uint8Array(await file.arrayBuffer());
  const names: string[] = [];
  told(file.name, () => unzipSync(archive, { filter: ({ name }) => names.push(name) < 0 }));
  const folder = folderOf(names);
  return {
    read: async (path) => {
      const wanted = folder + path;
      const found = told(file.name, () => unzipSync(archive, { filter: ({ name }) => name === wanted }));
      if (!(wanted in found)) throw EdgekitError.missingFile(path);
      return found[wanted];
    },
  };
}

function told<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw EdgekitError.damagedFile(name, "it cannot be read as a ZIP file", error);
  }
}
