import { ranked } from "./scores.ts";

/** A vocabulary entry and its weight in a sparse vector. */
export interface Weight {
  readonly token: string;
  readonly index: number;
  readonly weight: number;
}

/** The largest weights of a text's sparse vector, in order. */
export interface SparseEmbedding {
  readonly kind: "sparse";
  readonly weights: readonly Weight[];
  /** How many weights of the whole vector are not 0. */
  readonly nonzero: number;
  /** The whole of it, one weight a vocabulary entry, for an index. */
  readonly vector: Float32Array;
}

/** From weights of shape (vocabulary); `token` gives a vocabulary's entry. */
export function sparseEmbedding(
  vector: Float32Array,
  token: (id: number) => string,
  top: number,
): SparseEmbedding {
  const nonzero = vector.reduce((count, weight) => count + (weight === 0 ? 0 : 1), 0);
  const weights = ranked(vector, Math.min(top, nonzero)).map((index) => ({
    token: token(index),
    index,
    weight: vector[index],
  }));
  return { kind: "sparse", weights, nonzero, vector };
}
