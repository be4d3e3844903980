import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web";
import {
  EdgekitError,
  type Artifact,
  type Engine,
  type Inputs,
  type Outputs,
  type Tensor,
  type TensorSpec,
} from "../core/index.ts";

/** onnxruntime-web, whichever of its builds was loaded. */
export type Ort = Pick<typeof import("onnxruntime-web"), "InferenceSession" | "Tensor" | "env">;

/** How a file is opened. */
export interface OnnxOptions {
  /** onnxruntime's own settings: where it computes, and a file of weights beside the model's. */
  readonly session?: InferenceSession.SessionOptions;
  /** What people call this way of running: `WebAssembly, 4 threads`. */
  readonly way: string;
}

/** An ONNX file in onnxruntime-web. */
export class OnnxEngine implements Engine {
  readonly title: string;
  private readonly ort: Ort;
  private readonly session: InferenceSession;
  private readonly artifact: Artifact;

  private constructor(ort: Ort, session: InferenceSession, artifact: Artifact, way: string) {
    this.title = `onnxruntime-web ${ort.env.versions.web}, ${way}`;
    this.ort = ort;
    this.session = session;
    this.artifact = artifact;
  }

  /**
   * Opens a file.
   *
   * @param content of the file
   * @throws EdgekitError RuntimeFailed: it cannot be opened so
   */
  static async open(
    ort: Ort,
    content: Uint8Array,
    artifact: Artifact,
    options: OnnxOptions,
  ): Promise<OnnxEngine> {
    const session = await told(artifact, () =>
      ort.InferenceSession.create(content, options.session),
    );
    return new OnnxEngine(ort, session, artifact, options.way);
  }

  async run(inputs: Inputs): Promise<Outputs> {
    const feeds = this.artifact.inputs.map((spec) => [
      spec.name,
      this.feed(spec, inputs[spec.name]),
    ]);
    const found = await told(this.artifact, () => this.session.run(Object.fromEntries(feeds)));
    const outputs = Object.entries(found).map(([name, { dims, data }]) => [
      name,
      { shape: dims, values: data as Float32Array },
    ]);
    return Object.fromEntries(outputs);
  }

  async prewarm(inputs: Inputs): Promise<void> {
    await this.run(inputs);
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  private feed(spec: TensorSpec, { shape, values }: Tensor<Int32Array>): OrtTensor {
    return spec.dtype === "int64"
      ? new this.ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape)
      : new this.ort.Tensor("int32", values, shape);
  }
}

async function told<T>({ file }: Artifact, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const [why] = String(error instanceof Error ? error.message : error).split("\n");
    throw new EdgekitError("RuntimeFailed", `onnxruntime refuses ${file}: ${why}`, error);
  }
}
