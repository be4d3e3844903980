/** onnxruntime-web, started once in a worker. Its files lie in the site, as npm has them. */
import type { Artifact, Engine } from "../core/index.ts";
import { base } from "../store/site.ts";
import { OnnxEngine, type Ort } from "./onnx-engine.ts";
import type { Content, StartedRuntime } from "./runtimes.ts";

/** Where it computes. */
type Provider = "wasm" | "webgpu";

/** Its builds. That for WebGPU waits for the GPU by JavaScript Promise Integration. */
const MODULES: Readonly<Record<Provider, string>> = {
  wasm: "ort.wasm.min.mjs",
  webgpu: "ort.jspi.min.mjs",
};

/** The runtime. */
export class OnnxRuntime implements StartedRuntime {
  readonly threads: number;
  private readonly ort: Ort;
  private readonly provider: Provider;

  private constructor(ort: Ort, provider: Provider, threads: number) {
    this.ort = ort;
    this.provider = provider;
    this.threads = threads;
  }

  /**
   * Loads the runtime.
   *
   * @param wasm the content of its WebAssembly; null lets it load that from the site
   * @param wanted threads; a page that is not isolated from others has one
   */
  static async start(provider: Provider, wasm: Uint8Array | null, wanted: number): Promise<OnnxRuntime> {
    const place = new URL("ort/", base()).href;
    const ort: Ort = await import(/* @vite-ignore */ `${place}${MODULES[provider]}`);
    const numThreads = globalThis.crossOriginIsolated ? wanted : 1;
    Object.assign(ort.env.wasm, { numThreads, wasmPaths: place });
    if (wasm !== null) ort.env.wasm.wasmBinary = wasm.buffer as ArrayBuffer;
    ort.env.logLevel = "error";
    return new OnnxRuntime(ort, provider, numThreads);
  }

  /** Compiles the WebAssembly, which the first file else pays for. */
  async warm(): Promise<void> {
    await this.ort.InferenceSession.create(new Uint8Array(1)).catch(() => {}); // it is no model
  }

  open({ model, beside }: Content, artifact: Artifact): Promise<Engine> {
    const externalData = [...beside].map(([path, data]) => ({ path, data }));
    const session = { externalData, executionProviders: [this.provider] };
    return OnnxEngine.open(this.ort, model, artifact, { session, way: this.way });
  }

  private get way(): string {
    if (this.provider === "webgpu") return "WebGPU";
    return `WebAssembly, ${this.threads} thread${this.threads === 1 ? "" : "s"}`;
  }
}
