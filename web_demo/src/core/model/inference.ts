import { EdgekitError } from "../edgekit-error.ts";
import { attentionOf, type Encoding } from "../tokenizer/encoding.ts";
import { Buckets } from "./buckets.ts";
import type { Engine, Inputs } from "./engine.ts";
import { LENGTH, type Artifact, type TensorSpec } from "./manifest.ts";
import { sizeOf, type Tensor } from "./tensor.ts";

/** The outputs of one row, by name, without padding and without a batch axis. */
export type RowOutputs = ReadonlyMap<string, Tensor>;

/** An artifact in its engine: rows of ids go in, outputs without padding come out. */
export class Inference {
  private readonly artifact: Artifact;
  private readonly engine: Engine;
  private readonly padId: number;

  constructor(artifact: Artifact, engine: Engine, padId: number) {
    this.artifact = artifact;
    this.engine = engine;
    this.padId = padId;
  }

  /**
   * Each row's outputs.
   *
   * @param signal ends it between two rows, with the signal's own reason
   * @throws EdgekitError RuntimeFailed: the engine failed, or gave what is no answer
   */
  async runAll(rows: readonly Encoding[], signal?: AbortSignal): Promise<RowOutputs[]> {
    const outputs: RowOutputs[] = [];
    for (const row of rows) {
      signal?.throwIfAborted();
      outputs.push(await this.run(row));
    }
    return outputs;
  }

  /** One row's outputs. */
  async run(row: Encoding): Promise<RowOutputs> {
    const tokens = row.ids.length;
    const length = this.bucket(tokens);
    const values = {
      input_ids: padded(row.ids, length, this.padId),
      attention_mask: padded(attentionOf(row), length, 0),
      token_type_ids: padded(row.typeIds, length, 0),
    };
    const outputs = await this.engine.run(inputsOf(this.artifact, values));
    return new Map(
      this.artifact.outputs.map((spec) => {
        const found = outputs[spec.name];
        if (found === undefined)
          throw failed(this.artifact, `gives no ${spec.name}: convert again`);
        return [spec.name, this.tensor(spec, found.values, length, tokens)];
      }),
    );
  }

  /** Runs an empty row of each static length, or one of a single token. */
  async prewarm(): Promise<void> {
    for (const length of this.artifact.buckets ?? [1]) {
      await this.engine.prewarm(emptyInputs(this.artifact, length));
    }
  }

  /** The length at which a row of so many tokens runs. */
  bucket(tokens: number): number {
    const { buckets } = this.artifact;
    const length = Buckets.smallest(tokens, buckets);
    if (length === null) {
      throw failed(this.artifact, `takes ${buckets?.at(-1)} tokens at most, not ${tokens}`);
    }
    return length;
  }

  private tensor(spec: TensorSpec, values: Float32Array, length: number, tokens: number): Tensor {
    if (sizeOf(shapeAt(spec, length)) !== values.length) {
      throw failed(
        this.artifact,
        `gives ${values.length} values of ${spec.name}, other than its manifest says: copy the ` +
          "bundle again",
      );
    }
    const shape = shapeAt(spec, tokens);
    const own = values.slice(0, sizeOf(shape));
    if (!own.every(Number.isFinite)) {
      throw failed(this.artifact, "gives NaN or infinity for this text: convert again");
    }
    return { shape, values: own };
  }
}

/** What a file is fed with to be timed: a row of so many tokens of which none is padding. */
export function emptyInputs(artifact: Artifact, length: number): Inputs {
  const zeros = new Int32Array(length);
  const attention_mask = new Int32Array(length).fill(1);
  return inputsOf(artifact, { input_ids: zeros, attention_mask, token_type_ids: zeros });
}

/** Those of the values that a file has an input for. */
function inputsOf(artifact: Artifact, values: Readonly<Record<string, Int32Array>>): Inputs {
  const named = artifact.inputs.map(({ name }) => {
    if (!Object.hasOwn(values, name)) {
      throw failed(artifact, `wants an unknown ${name}: update the library`);
    }
    return [name, { shape: [1, values[name].length], values: values[name] }] as const;
  });
  return Object.fromEntries(named);
}

function failed({ file }: Artifact, what: string): EdgekitError {
  return new EdgekitError("RuntimeFailed", `${file} ${what}`);
}

function padded(row: Int32Array, length: number, padding: number): Int32Array {
  const all = new Int32Array(length).fill(padding);
  all.set(row);
  return all;
}

/** The shape for so many tokens. */
function shapeAt(spec: TensorSpec, length: number): number[] {
  return spec.shape.map((axis) => (axis === LENGTH ? length : axis));
}
