import { dot, similarityOf } from "../postprocessing/similarity.ts";
import { ranked } from "../postprocessing/scores.ts";
import type { VectorSimilarity } from "./manifest.ts";

/** A text of an index by its place there. */
export interface Hit {
  readonly index: number;
  /** How alike it is to the query. */
  readonly score: number;
}

/** Vectors to search in. For cosines they have length 1, so that a search is dot products. */
export class SearchIndex {
  private readonly vectors: readonly Float32Array[];
  private readonly similarity: VectorSimilarity;

  /**
   * @param vectors all of one size, in their order
   * @param similarity how two of them are compared, as the manifest says
   */
  constructor(vectors: readonly Float32Array[], similarity: VectorSimilarity = "cosine") {
    this.vectors = similarity === "cosine" ? vectors.map(normalized) : vectors;
    this.similarity = similarity;
  }

  get size(): number {
    return this.vectors.length;
  }

  /** The vectors that are most alike to a query's, from the best on; so many are kept. */
  search(query: Float32Array, top: number): Hit[] {
    const isCosine = this.similarity === "cosine";
    const asked = isCosine ? normalized(query) : query;
    const measure = isCosine ? "dot" : this.similarity;
    const scores = Float32Array.from(
      this.vectors,
      (vector) => similarityOf(asked, vector, measure).similarity,
    );
    return ranked(scores, top).map((index) => ({ index, score: scores[index] }));
  }
}

function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}
