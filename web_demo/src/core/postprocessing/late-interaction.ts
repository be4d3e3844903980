import { rowsOf, type Tensor } from "../model/tensor.ts";
import type { Encoding } from "../tokenizer/encoding.ts";
import { dot, type Similarity } from "./similarity.ts";

/** A vector for each token of a row that counts, special ones included. */
export interface LateInteraction {
  readonly kind: "vectors";
  readonly vectors: readonly Float32Array[];
}

/** From the vectors of a row, of shape (tokens, values). */
export function tokenVectors(values: Tensor, { skipped }: Encoding): LateInteraction {
  return { kind: "vectors", vectors: rowsOf(values).filter((_, place) => !skipped.includes(place)) };
}

/**
 * MaxSim: the sum, over the query's vectors, of the largest dot product with one of the
 * document's. Source: https://arxiv.org/abs/2004.12832.
 */
export function maxSim(query: LateInteraction, document: LateInteraction): Similarity {
  const total = query.vectors
    .map((vector) => Math.max(...document.vectors.map((row) => dot(vector, row))))
    .reduce((sum, largest) => sum + largest, 0);
  return { kind: "similarity", similarity: Math.fround(total) };
}
