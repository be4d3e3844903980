import { dot } from "../postprocessing/similarity.ts";
import { ranked } from "../postprocessing/scores.ts";

/** A text of an index by its place there. */
export interface Hit {
  readonly index: number;
  /** Its cosine with the query. */
  readonly score: number;
}

/** Vectors of length 1, so that a search is one pass of dot products. */
export class SearchIndex {
  private readonly vectors: readonly Float32Array[];

  /**
   * @param vectors all of one size, in their order
   */
  constructor(vectors: readonly Float32Array[]) {
    this.vectors = vectors.map(normalized);
  }

  get size(): number {
    return this.vectors.length;
  }

  /** The vectors that are closest to a query's, the closest first; so many are kept. */
  search(query: Float32Array, top: number): Hit[] {
    const unit = normalized(query);
    const scores = Float32Array.from(this.vectors, (vector) => dot(vector, unit));
    return ranked(scores, top).map((index) => ({ index, score: scores[index] }));
  }
}

function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}
