import { Tensor, type CompiledModel, type LiteRt } from "@litertjs/core";
import { EdgekitError, type Artifact, type Engine, type Inputs, type Outputs } from "../core/index.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** A TFLite file in LiteRT for the web: on the processor, by XNNPACK. */
export class LiteRtEngine implements Engine {
  readonly title: string;
  private readonly model: CompiledModel;
  private readonly artifact: Artifact;

  private constructor(model: CompiledModel, artifact: Artifact, title: string) {
    this.model = model;
    this.artifact = artifact;
    this.title = title;
  }

  /**
   * Opens a file.
   *
   * @param content of the file
   * @param title what people call the runtime
   * @throws EdgekitError RuntimeFailed: it cannot be opened
   */
  static async open(
    liteRt: LiteRt,
    content: Uint8Array,
    artifact: Artifact,
    title: string,
  ): Promise<LiteRtEngine> {
    const model = await told(artifact, () => liteRt.loadAndCompile(content, { accelerator: "wasm" }));
    return new LiteRtEngine(model, artifact, title);
  }

  run(inputs: Inputs): Promise<Outputs> {
    return told(this.artifact, () => this.signature(inputs));
  }

  async prewarm(inputs: Inputs): Promise<void> {
    await this.run(inputs);
  }

  async close(): Promise<void> {
    this.model.delete();
  }

  /** Each static length is a signature of the file. */
  private async signature(inputs: Inputs): Promise<Outputs> {
    const fed = mapped(inputs, ({ values, shape }) => new Tensor(values as Int32Array<ArrayBuffer>, [...shape]));
    const [first] = Object.values(inputs);
    const length = first.shape.at(-1)!;
    let found: Tensors = {};
    try {
      found = await this.model.run(`seq_${length}`, fed);
      return mapped(found, (tensor) => ({
        shape: [...tensor.type.layout.dimensions],
        values: (tensor.toTypedArray() as Float32Array).slice(),
      }));
    } finally {
      for (const tensor of [...Object.values(fed), ...Object.values(found)]) tensor.delete();
    }
  }
}

function mapped<From, To>(
  from: Readonly<Record<string, From>>,
  make: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, make(value)]));
}

async function told<T>({ file }: Artifact, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const [why] = String(error instanceof Error ? error.message : error).split("\n");
    throw new EdgekitError("RuntimeFailed", `LiteRT refuses ${file}: ${why}`, error);
  }
}
