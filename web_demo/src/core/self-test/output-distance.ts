import { EdgekitError } from "../edgekit-error.ts";
import type { RowOutputs } from "../model/inference.ts";
import { isPerToken, type TensorSpec, type Tolerance } from "../model/manifest.ts";
import { rowOf, type Tensor } from "../model/tensor.ts";
import { cosine } from "../postprocessing/similarity.ts";
import type { GoldenCase, Sample } from "./golden.ts";

/** How far outputs are from PyTorch's. */
export interface OutputDistance {
  /** The largest difference, as a share of each output's scale. */
  readonly maxAbs: number;
  /** The least cosine similarity of outputs that are vectors. */
  readonly cosine: number;
}

/** Values from which on a cosine says something: two small logits may point anywhere. */
const LEAST_FOR_COSINE = 16;

/** Whether a file may be that far from PyTorch. */
export function isWithin(distance: OutputDistance, tolerance: Tolerance): boolean {
  return distance.maxAbs <= tolerance.maxAbs && distance.cosine >= tolerance.cosine;
}

/**
 * The distance of a file's outputs from a golden case's.
 *
 * @throws EdgekitError RuntimeFailed: they are of other shapes
 */
export function distanceOf(
  outputs: RowOutputs,
  expected: GoldenCase,
  specs: readonly TensorSpec[],
): OutputDistance {
  const distances = [...expected.outputs].map(([name, sample]) => {
    const spec = specs.find((each) => each.name === name);
    const output = outputs.get(name);
    const values = spec && output ? sampled(output, spec, expected.rows, sample) : null;
    if (values?.length !== sample.values.length) {
      throw new EdgekitError(
        "RuntimeFailed",
        `the output ${name} has another shape than in golden.json: convert again`,
      );
    }
    return distance(Float32Array.from(values), sample);
  });
  return {
    maxAbs: Math.max(...distances.map((each) => each.maxAbs)),
    cosine: Math.min(...distances.map((each) => each.cosine)),
  };
}

/**
 * The values of an output that a case has: of those with values for each token, of its tokens;
 * null: it has not so many.
 */
function sampled(
  output: Tensor,
  spec: TensorSpec,
  rows: Int32Array,
  { indices }: Sample,
): number[] | null {
  if (isPerToken(spec) && rows.some((row) => row < 0 || row >= output.shape[0])) return null;
  const kept = isPerToken(spec) ? [...rows].flatMap((row) => [...rowOf(output, row)]) : null;
  const flat = kept ?? [...output.values];
  if (indices?.some((index) => index < 0 || index >= flat.length)) return null;
  return indices === null ? flat : Array.from(indices, (index) => flat[index]);
}

function distance(found: Float32Array, { values, scale }: Sample): OutputDistance {
  const largest = found.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - values[index])),
    0,
  );
  return {
    maxAbs: scale === 0 ? largest : largest / scale,
    cosine: found.length < LEAST_FOR_COSINE ? 1 : cosine(found, values),
  };
}
