import { Heap } from "../heap.ts";
import type { Encoding } from "../tokenizer/encoding.ts";
import type { Piece } from "./mending.ts";

/** One row of question and passage with a logit for each of its tokens. */
export interface PassageWindow {
  readonly row: Encoding;
  readonly startLogits: Float32Array;
  readonly endLogits: Float32Array;
}

/** A span that may be the answer, not yet mended. */
export interface Candidate {
  readonly piece: Piece;
  readonly score: number;
}

const PASSAGE = 1;

/**
 * Every allowed span of all windows: both tokens of the passage, in order, and not too far apart.
 *
 * A long passage has a million of them, so they are arrays and no objects.
 */
export class Candidates {
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private readonly scores: Float32Array;

  constructor(windows: readonly PassageWindow[], mostTokens: number) {
    let size = 0;
    for (const window of windows) allowed(window.row, mostTokens, () => size++);
    this.starts = new Int32Array(size);
    this.ends = new Int32Array(size);
    this.scores = new Float32Array(size);
    let place = 0;
    for (const { row, startLogits, endLogits } of windows) {
      allowed(row, mostTokens, (first, last) => {
        this.starts[place] = row.starts[first];
        this.ends[place] = row.ends[last];
        this.scores[place++] = startLogits[first] + endLogits[last];
      });
    }
  }

  /** From the best score on; of equal scores the smaller start first, then the smaller end. */
  *ranked(): Generator<Candidate> {
    const { starts, ends, scores } = this;
    const best = new Heap(
      (one, other) =>
        scores[other] - scores[one] || starts[one] - starts[other] || ends[one] - ends[other],
      scores.keys(),
    );
    for (let place = best.take(); place !== undefined; place = best.take()) {
      yield { piece: { start: starts[place], end: ends[place] }, score: scores[place] };
    }
  }
}

function allowed(
  row: Encoding,
  mostTokens: number,
  each: (first: number, last: number) => void,
): void {
  const { sequenceIds } = row;
  for (let first = 0; first < sequenceIds.length; first++) {
    if (sequenceIds[first] !== PASSAGE) continue;
    const end = Math.min(first + mostTokens, sequenceIds.length);
    for (let last = first; last < end; last++) {
      if (sequenceIds[last] === PASSAGE) each(first, last);
    }
  }
}
