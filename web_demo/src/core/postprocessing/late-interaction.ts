import { rowsOf, type Tensor } from "../model/tensor.ts";
import { dot, type Similarity } from "./similarity.ts";

/** A vector for each token of a row, special ones included. */
export interface LateInteraction {
  readonly kind: "vectors";
  readonly vectors: readonly Float32Array[];
}

/** From vectors of shape (tokens, values). */
export function tokenVectors(values: Tensor): LateInteraction {
  return { kind: "vectors", vectors: rowsOf(values) };
}

/**
 * MaxSim: the sum, over the query's vectors, of the largest dot product with one of the
 * document's. Source: https://arxiv.org/abs/2004.12832.
 */
export function maxSim(query: Tensor, document: Tensor): Similarity {
  const rows = rowsOf(document);
  const total = rowsOf(query)
    .map((vector) => Math.max(...rows.map((row) => dot(vector, row))))
    .reduce((sum, largest) => sum + largest, 0);
  return { kind: "similarity", similarity: Math.fround(total) };
}
