/** What the site brings: site.json, which `edgekit app` writes. */
import { Bundle, type Artifact, type FileEntry, type Files } from "../core/index.ts";
import type { RuntimeName } from "../runtime/runtimes.ts";
import { importedManifest } from "./imported.ts";
import { readKept } from "./kept.ts";

/** A file that is loaded on request and kept by its hash. */
export interface SiteFile {
  /** Its address, from the site's own. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** The site's own facts. */
export interface Site {
  readonly name: string;
  readonly version: string;
  /** Names of folders below `bundles/`. */
  readonly bundles: readonly string[];
  readonly runtimes: readonly Runtime[];
}

/** A runtime that the site has. */
export interface Runtime {
  readonly name: RuntimeName;
  /** Its name and version, for people. */
  readonly title: string;
  /** What an artifact's manifest calls it. */
  readonly opens: string;
  /** Where it computes. */
  readonly accelerator: "WebAssembly" | "WebGPU";
  /** Its WebAssembly. */
  readonly wasm: SiteFile;
}

/** What a file of a bundle is for, in words of the table. */
export type Use = "model" | "tokenizer" | "tests";

/** Reads site.json. */
export async function readSite(): Promise<Site> {
  const answer = await fetch(new URL("site.json", base()));
  const { app, edgekit_version, bundles, runtimes } = await answer.json();
  return {
    name: app,
    version: edgekit_version,
    bundles,
    runtimes: runtimes.map(runtimeOf),
  };
}

function runtimeOf(row: Record<string, never>): Runtime {
  const { name, title, opens, accelerator, file, size_bytes, sha256 } = row;
  return { name, title, opens, accelerator, wasm: { path: file, sizeBytes: size_bytes, sha256 } };
}

/** Where the site is; workers and page lie at its root. */
export function base(): URL {
  return new URL(".", globalThis.location.href);
}

/** Opens a bundle: its manifest is imported or comes with the page, all else is read where it is kept. */
export async function openBundle(name: string): Promise<Bundle> {
  const files = new SiteBundle(name);
  const bundle = await Bundle.open(files);
  files.hashes = new Map(bundle.manifest.files.map((entry) => [entry.file, entry.sha256]));
  return bundle;
}

class SiteBundle implements Files {
  hashes: ReadonlyMap<string, string> = new Map();
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  async read(path: string): Promise<Uint8Array> {
    const hash = this.hashes.get(path);
    if (hash !== undefined) return readKept(hash);
    const imported = await importedManifest(this.name);
    if (imported !== null) return imported;
    const answer = await fetch(new URL(addressOf(this.name, path), base()));
    if (!answer.ok) throw new Error(`${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

/** The files that the app reads of a bundle, besides its manifest, by what they are for. */
export function neededFiles(bundle: Bundle, site: Site): ReadonlyMap<Use, readonly FileEntry[]> {
  const { golden, postprocess, tokenizer } = bundle.manifest;
  return new Map<Use, readonly FileEntry[]>([
    ["model", openable(bundle, site).flatMap((artifact) => artifact.files)],
    ["tokenizer", tokenizer === null ? [] : [tokenizer.settings, tokenizer.vocabulary]],
    ["tests", postprocess === null ? [golden] : [golden, postprocess]],
  ]);
}

/** The same, as files of the site. */
export function filesOf(name: string, bundle: Bundle, site: Site): ReadonlyMap<Use, readonly SiteFile[]> {
  const addressed = ({ file, sizeBytes, sha256 }: FileEntry) => ({ path: addressOf(name, file), sizeBytes, sha256 });
  return new Map([...neededFiles(bundle, site)].map(([use, files]) => [use, files.map(addressed)]));
}

/** The files of a bundle that a runtime of the site opens. */
export function openable(bundle: Bundle, site: Site): readonly Artifact[] {
  return bundle.manifest.artifacts.filter(({ runtime }) => site.runtimes.some(({ opens }) => opens === runtime));
}

/** The runtimes that open files of a bundle. */
export function runtimesOf(bundle: Bundle, site: Site): readonly Runtime[] {
  return site.runtimes.filter(({ opens }) => bundle.manifest.artifacts.some(({ runtime }) => runtime === opens));
}

function addressOf(name: string, file: string): string {
  return ["bundles", name, ...file.split("/")].map(encodeURIComponent).join("/");
}
