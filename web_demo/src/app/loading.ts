/** Files are loaded by one worker, whatever screen is shown: what it does goes on. */
import type { Bundle } from "../core/index.ts";
import { keptSizes, removeKept, wholeFiles } from "../store/kept.ts";
import { filesOf, runtimesOf, type Runtime, type Site, type SiteFile, type Use } from "../store/site.ts";
import type { Picked } from "../store/picked.ts";
import { Remote } from "../worker/calls.ts";
import type { FilesCalls } from "../worker/files.ts";

/** What a bundle still lacks in this browser. */
export interface Missing {
  /** How large the files are that are not whole, by what they are for. */
  readonly sizes: ReadonlyMap<Use | "runtime", number>;
  /** How much of them is to be loaded. */
  readonly bytes: number;
  /** Whether one of them is there in part. */
  readonly isBegun: boolean;
}

/** Files that something needs before it runs. */
export class Loading {
  /** Of all that is loaded. */
  readonly sizeBytes: number;
  private readonly uses: ReadonlyMap<Use | "runtime", readonly SiteFile[]>;
  private readonly files: readonly SiteFile[];

  private static worker: Remote<FilesCalls> | null = null;

  private constructor(uses: ReadonlyMap<Use | "runtime", readonly SiteFile[]>) {
    this.uses = uses;
    this.files = [...uses.values()].flat();
    this.sizeBytes = sum(this.files);
  }

  /** What a bundle needs to run on the processor. */
  static ofBundle(name: string, bundle: Bundle, site: Site): Loading {
    const runtimes = runtimesOf(bundle, site).filter(({ accelerator }) => accelerator === "WebAssembly");
    return new Loading(new Map([["runtime", runtimes.map(({ wasm }) => wasm)], ...filesOf(name, bundle, site)]));
  }

  /** What a runtime needs by itself. */
  static ofRuntime({ wasm }: Runtime): Loading {
    return new Loading(new Map([["runtime", [wasm]]]));
  }

  /** Asks the browser what it has. */
  async missing(): Promise<Missing> {
    const [there, whole] = await Promise.all([keptSizes(), wholeFiles()]);
    const lacks = (file: SiteFile) => !whole.has(file.sha256);
    const bytesOf = (files: readonly SiteFile[]) =>
      files.reduce((total, file) => total + (there.get(file.sha256) ?? 0), 0);
    const sizes = [...this.uses].map(([use, files]) => [use, sum(files.filter(lacks))] as const);
    const missing = this.files.filter(lacks);
    return {
      sizes: new Map(sizes.filter(([, size]) => size > 0)),
      bytes: sum(missing) - bytesOf(missing),
      isBegun: bytesOf(missing) > 0,
    };
  }

  /**
   * Loads what is missing.
   *
   * @param told is told how many bytes of all are there
   */
  async load(told: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    await navigator.storage?.persist?.(); // else a browser may remove files when space is short
    await Loading.remote().call("load", this.files, told, signal);
  }

  /** Keeps a bundle that a person has picked; `told` is told how many bytes are kept. */
  static async keep(picked: Picked, told: (bytes: number) => void): Promise<void> {
    await navigator.storage?.persist?.();
    await Loading.remote().call("keep", picked, told);
  }

  private static remote(): Remote<FilesCalls> {
    Loading.worker ??= new Remote<FilesCalls>(
      new Worker(new URL("../worker/files.ts", import.meta.url), { type: "module" }),
    );
    return Loading.worker;
  }

  /** Removes the bundle's files. Runtimes stay: other bundles need them. */
  remove(): Promise<void> {
    const own = [...this.uses].filter(([use]) => use !== "runtime").flatMap(([, files]) => files);
    return removeKept(own.map((file) => file.sha256));
  }
}

function sum(files: readonly SiteFile[]): number {
  return files.reduce((total, file) => total + file.sizeBytes, 0);
}
