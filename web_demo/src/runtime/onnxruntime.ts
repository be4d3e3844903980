/** ONNX files, opened by onnxruntime-web in WebAssembly. Its files lie in the site, as npm has them. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web/wasm";
import { EdgekitError, type Artifact, type Engine, type Inputs, type Outputs, type Tensor } from "../core/index.ts";
import { base } from "../store/site.ts";

type Ort = typeof import("onnxruntime-web/wasm");

/** A file's content, and weights that lie beside it, by the names that the file has for them. */
export interface Opened {
  readonly model: Uint8Array;
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

/** The runtime, started once in a worker. */
export class OnnxRuntime {
  private readonly ort: Ort;
  private readonly title: string;

  private constructor(ort: Ort, title: string) {
    this.ort = ort;
    this.title = title;
  }

  /**
   * Loads the runtime.
   *
   * @param wasm the content of its WebAssembly; null lets it load that itself
   * @param threads as many as wanted; a page that is not isolated has one
   */
  static async start(wasm: Uint8Array | null, threads: number): Promise<OnnxRuntime> {
    const place = new URL("ort/", base()).href;
    const ort: Ort = await import(/* @vite-ignore */ `${place}ort.wasm.min.mjs`);
    const possible = globalThis.crossOriginIsolated ? threads : 1;
    Object.assign(ort.env.wasm, { numThreads: possible, wasmPaths: place });
    if (wasm !== null) ort.env.wasm.wasmBinary = wasm.buffer as ArrayBuffer;
    ort.env.logLevel = "error";
    const words = possible === 1 ? "1 thread" : `${possible} threads`;
    return new OnnxRuntime(ort, `onnxruntime-web ${ort.env.versions.web}, WebAssembly, ${words}`);
  }

  /**
   * Opens a file.
   *
   * @throws EdgekitError RuntimeFailed: it cannot be opened
   */
  async open(file: Opened, artifact: Artifact): Promise<Engine> {
    const externalData = [...file.beside].map(([path, data]) => ({ path, data }));
    try {
      const session = await this.ort.InferenceSession.create(file.model, { externalData });
      return new OnnxEngine(this.ort, session, artifact, this.title);
    } catch (error) {
      throw failed(`cannot open ${artifact.file}`, error);
    }
  }
}

class OnnxEngine implements Engine {
  readonly title: string;
  private readonly ort: Ort;
  private readonly session: InferenceSession;
  private readonly artifact: Artifact;

  constructor(ort: Ort, session: InferenceSession, artifact: Artifact, title: string) {
    this.ort = ort;
    this.session = session;
    this.artifact = artifact;
    this.title = title;
  }

  async run(inputs: Inputs): Promise<Outputs> {
    const feeds = Object.entries(inputs).map(([name, values]) => [name, this.tensor(name, values)]);
    try {
      const results = await this.session.run(Object.fromEntries(feeds));
      return Object.fromEntries(Object.entries(results).map(([name, found]) => [name, plain(found)]));
    } catch (error) {
      throw failed(`cannot run ${this.artifact.file}`, error);
    }
  }

  async prewarm(inputs: Inputs): Promise<void> {
    await this.run(inputs);
  }

  close(): Promise<void> {
    return this.session.release();
  }

  private tensor(name: string, { shape, values }: Tensor<Int32Array>): OrtTensor {
    const dtype = this.artifact.inputs.find((spec) => spec.name === name)?.dtype;
    return dtype === "int64"
      ? new this.ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape)
      : new this.ort.Tensor("int32", values, shape);
  }
}

function plain(found: OrtTensor): Tensor {
  return { shape: found.dims, values: found.data as Float32Array };
}

function failed(what: string, error: unknown): EdgekitError {
  const why = error instanceof Error ? error.message : String(error);
  return new EdgekitError("RuntimeFailed", `onnxruntime-web ${what}: ${why}`, error);
}
