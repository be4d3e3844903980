/** Files are loaded by one worker, whatever screen is shown: what it does goes on. */
import { keptSizes, removeKept, wholeFiles } from "../store/kept.ts";
import { filesOf, type SiteFile, type Use } from "../store/site.ts";
import type { Bundle } from "../core/index.ts";
import { Remote } from "../worker/calls.ts";
import type { FilesCalls } from "../worker/files.ts";

/** How much of a bundle's files is kept in the browser. */
export interface Kept {
  readonly bytes: number;
  readonly isWhole: boolean;
}

/** What a bundle needs before it runs, and how far that is loaded. */
export class Loading {
  /** In the order in which they are loaded, by what they are for. */
  readonly uses: ReadonlyMap<Use | "runtime", readonly SiteFile[]>;
  /** Of all of them. */
  readonly sizeBytes: number;
  private readonly files: readonly SiteFile[];
  private readonly own: readonly SiteFile[];

  private static worker: Remote<FilesCalls> | null = null;

  constructor(name: string, bundle: Bundle, runtime: SiteFile) {
    const uses = filesOf(name, bundle);
    this.uses = new Map([...uses, ["runtime", [runtime]]]);
    this.own = [...uses.values()].flat();
    this.files = [runtime, ...this.own];
    this.sizeBytes = sum(this.files);
  }

  /** Asks the browser what it has. */
  async kept(): Promise<Kept> {
    const [sizes, whole] = await Promise.all([keptSizes(), wholeFiles()]);
    const bytes = this.files.reduce((total, file) => total + (sizes.get(file.sha256) ?? 0), 0);
    return { bytes, isWhole: this.files.every((file) => whole.has(file.sha256)) };
  }

  /**
   * Loads what is missing.
   *
   * @param told is told how many bytes are there
   */
  async load(told: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    await navigator.storage.persist?.(); // else a browser may remove files when space is short
    Loading.worker ??= new Remote<FilesCalls>(
      new Worker(new URL("../worker/files.ts", import.meta.url), { type: "module" }),
    );
    await Loading.worker.call("load", this.files, told, signal);
  }

  /** Removes the bundle's files. The runtime stays: other bundles need it. */
  remove(): Promise<void> {
    return removeKept(this.own.map((file) => file.sha256));
  }
}

/** How large files are together. */
export function sum(files: readonly SiteFile[]): number {
  return files.reduce((total, file) => total + file.sizeBytes, 0);
}
