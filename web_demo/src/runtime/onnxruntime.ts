/** onnxruntime-web in WebAssembly, started once in a worker. Its files lie in the site, as npm has them. */
import type { Artifact, Engine } from "../core/index.ts";
import { base } from "../store/site.ts";
import { OnnxEngine, type Ort } from "./onnx-engine.ts";

/** A file's content, and weights that lie beside it, by the names that the file has for them. */
export interface Content {
  readonly model: Uint8Array;
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

/** The runtime. */
export class OnnxRuntime {
  private readonly ort: Ort;
  private readonly way: string;

  private constructor(ort: Ort, way: string) {
    this.ort = ort;
    this.way = way;
  }

  /**
   * Loads the runtime.
   *
   * @param wasm the content of its WebAssembly; null lets it load that from the site
   * @param threads how many are wanted; a page that is not isolated from others has one
   */
  static async start(wasm: Uint8Array | null, threads: number): Promise<OnnxRuntime> {
    const place = new URL("ort/", base()).href;
    const ort: Ort = await import(/* @vite-ignore */ `${place}ort.wasm.min.mjs`);
    const numThreads = globalThis.crossOriginIsolated ? threads : 1;
    Object.assign(ort.env.wasm, { numThreads, wasmPaths: place });
    if (wasm !== null) ort.env.wasm.wasmBinary = wasm.buffer as ArrayBuffer;
    ort.env.logLevel = "error";
    return new OnnxRuntime(ort, `WebAssembly, ${numThreads} thread${numThreads === 1 ? "" : "s"}`);
  }

  /** Compiles the WebAssembly, which the first file else pays for. */
  async warm(): Promise<void> {
    await this.ort.InferenceSession.create(new Uint8Array(1)).catch(() => {}); // it is no model
  }

  /**
   * Opens a file.
   *
   * @throws EdgekitError RuntimeFailed: it cannot be opened
   */
  open({ model, beside }: Content, artifact: Artifact): Promise<Engine> {
    const externalData = [...beside].map(([path, data]) => ({ path, data }));
    return OnnxEngine.open(this.ort, model, artifact, { session: { externalData }, way: this.way });
  }
}
