import { EdgekitError } from "../edgekit-error.ts";
import type { Encoding } from "../tokenizer/encoding.ts";
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
    const outputs = await this.engine.run(this.inputs(row, length));
    return new Map(
      this.artifact.outputs.map((spec) => {
        const found = outputs[spec.name];
        if (found === undefined) throw this.failed(`gives no ${spec.name}: convert again`);
        return [spec.name, this.tensor(spec, found.values, length, tokens)];
      }),
    );
  }

  /** Runs an empty row of each static length, or one of a single token. */
  async prewarm(): Promise<void> {
    for (const length of this.artifact.buckets ?? [1]) {
      const ids = new Int32Array(1);
      const row = { ids, typeIds: ids, starts: ids, ends: ids, sequenceIds: ids, wordIds: ids };
      await this.engine.prewarm(this.inputs(row, length));
    }
  }

  /** The length at which a row of so many tokens runs. */
  bucket(tokens: number): number {
    const { buckets } = this.artifact;
    const length = Buckets.smallest(tokens, buckets);
    if (length === null) {
      throw this.failed(`takes ${buckets?.at(-1)} tokens at most, not ${tokens}`);
    }
    return length;
  }

  private inputs(row: Encoding, length: number): Inputs {
    const known: Readonly<Record<string, Int32Array>> = {
      input_ids: padded(row.ids, length, this.padId),
      attention_mask: padded(row.ids.map(() => 1), length, 0),
      token_type_ids: padded(row.typeIds, length, 0),
    };
    const named = this.artifact.inputs.map(({ name }) => {
      if (!Object.hasOwn(known, name)) {
        throw this.failed(`wants an unknown ${name}: update the library`);
      }
      return [name, { shape: [1, length], values: known[name] }] as const;
    });
    return Object.fromEntries(named);
  }

  private tensor(
    spec: TensorSpec,
    values: Float32Array,
    length: number,
    tokens: number,
  ): Tensor {
    if (sizeOf(shapeAt(spec, length)) !== values.length) {
      throw this.failed(
        `gives ${values.length} values of ${spec.name}, other than its manifest says: copy the ` +
          "bundle again",
      );
    }
    const shape = shapeAt(spec, tokens);
    const own = values.slice(0, sizeOf(shape));
    if (!own.every(Number.isFinite)) {
      throw this.failed("gives NaN or infinity for this text: convert again");
    }
    return { shape, values: own };
  }

  private failed(what: string): EdgekitError {
    return new EdgekitError("RuntimeFailed", `${this.artifact.file} ${what}`);
  }
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
