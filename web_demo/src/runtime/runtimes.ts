/** The runtimes of the site, each started in a worker when a file is opened with it. */
import type { Artifact, Engine } from "../core/index.ts";
import { OnnxRuntime } from "./onnxruntime.ts";

/** What site.json calls a runtime. */
export type RuntimeName = "onnxruntime" | "onnxruntime-webgpu" | "litert";

/** A file's content, and weights that lie beside it, by the names that the file has for them. */
export interface Content {
  readonly model: Uint8Array;
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

/** A runtime that runs. */
export interface StartedRuntime {
  /** What it has, which may be fewer than were asked for. */
  readonly threads: number;

  /**
   * Opens a file.
   *
   * @throws EdgekitError RuntimeFailed: it cannot be opened
   */
  open(content: Content, artifact: Artifact): Promise<Engine>;
}

/** How a runtime is started: with its WebAssembly, its name and version, and the threads wanted. */
type Start = (wasm: Uint8Array, title: string, threads: number) => Promise<StartedRuntime>;

const STARTS: Readonly<Record<RuntimeName, Start>> = {
  onnxruntime: (wasm, _, threads) => OnnxRuntime.start("wasm", wasm, threads),
  "onnxruntime-webgpu": (wasm) => OnnxRuntime.start("webgpu", wasm, 1),
  litert: async (wasm, title) => (await import("./litert.ts")).LiteRtRuntime.start(wasm, title),
};

/** Starts a runtime. */
export function startRuntime(
  name: RuntimeName,
  ...[wasm, title, threads]: Parameters<Start>
): Promise<StartedRuntime> {
  return STARTS[name](wasm, title, threads);
}
