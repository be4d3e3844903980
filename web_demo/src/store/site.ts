/** What the site brings: site.json, which `edgekit app` writes. */
import { Bundle, type Artifact, type Files } from "../core/index.ts";
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
  /** WebAssembly of the runtime. */
  readonly runtime: SiteFile;
  /** Of onnxruntime-web. */
  readonly runtimeVersion: string;
}

/** What a file of a bundle is for, in words of the table. */
export type Use = "model" | "tokenizer" | "tests";

/** Reads site.json. */
export async function readSite(): Promise<Site> {
  const answer = await fetch(new URL("site.json", base()));
  const { app, edgekit_version, bundles, runtime } = await answer.json();
  return {
    name: app,
    version: edgekit_version,
    bundles,
    runtime: { path: runtime.file, sizeBytes: runtime.size_bytes, sha256: runtime.sha256 },
    runtimeVersion: runtime.version,
  };
}

/** Where the site is; workers and page lie at its root. */
export function base(): URL {
  return new URL(".", globalThis.location.href);
}

/** Opens a bundle of the site: its manifest comes with the page, all else is read where it is kept. */
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
    const answer = await fetch(new URL(addressOf(this.name, path), base()));
    if (!answer.ok) throw new Error(`${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

/** The files that the app reads of a bundle, besides its manifest, by what they are for. */
export function filesOf(name: string, bundle: Bundle): ReadonlyMap<Use, readonly SiteFile[]> {
  const { golden, postprocess, tokenizer } = bundle.manifest;
  const entries: readonly (readonly [Use, Artifact["files"]])[] = [
    ["model", openable(bundle).flatMap((artifact) => artifact.files)],
    ["tokenizer", tokenizer === null ? [] : [tokenizer.settings, tokenizer.vocabulary]],
    ["tests", postprocess === null ? [golden] : [golden, postprocess]],
  ];
  return new Map(
    entries.map(([use, files]) => [
      use,
      files.map(({ file, sizeBytes, sha256 }) => ({ path: addressOf(name, file), sizeBytes, sha256 })),
    ]),
  );
}

/** The files of a bundle that the app's runtime opens. */
export function openable(bundle: Bundle): readonly Artifact[] {
  return bundle.manifest.artifacts.filter((artifact) => artifact.runtime === "onnxruntime");
}

function addressOf(name: string, file: string): string {
  return ["bundles", name, ...file.split("/")].map(encodeURIComponent).join("/");
}
