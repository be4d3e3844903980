import type { VectorSimilarity } from "../model/manifest.ts";

/** How alike two texts are, the larger the more; a cosine is from -1 to 1. */
export interface Similarity {
  readonly kind: "similarity";
  readonly similarity: number;
}

/** One text's vector, as the model gives it. */
export interface Embedding {
  readonly kind: "embedding";
  readonly vector: Float32Array;
}

/** Of two vectors of one size; distances are negative, so that the larger is the more alike. */
const MEASURES: Readonly<Record<VectorSimilarity, (x: Float32Array, y: Float32Array) => number>> = {
  cosine,
  dot,
  euclidean: (x, y) => -Math.sqrt(sum(x, (value, index) => (value - y[index]) ** 2)),
  manhattan: (x, y) => -sum(x, (value, index) => Math.abs(value - y[index])),
};

/** How alike two vectors of one size are. */
export function similarityOf(
  x: Float32Array,
  y: Float32Array,
  measure: VectorSimilarity,
): Similarity {
  return { kind: "similarity", similarity: Math.fround(MEASURES[measure](x, y)) };
}

/** Of the angle between them; 0 where one has no length. */
export function cosine(x: Float32Array, y: Float32Array): number {
  const lengths = Math.sqrt(dot(x, x)) * Math.sqrt(dot(y, y));
  return lengths === 0 ? 0 : Math.min(1, Math.max(-1, dot(x, y) / lengths));
}

export function dot(x: Float32Array, y: Float32Array): number {
  return sum(x, (value, index) => value * y[index]);
}

function sum(row: Float32Array, value: (value: number, index: number) => number): number {
  let total = 0;
  for (let index = 0; index < row.length; index++) total += value(row[index], index);
  return total;
}
