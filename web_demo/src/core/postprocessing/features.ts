import type { CodePoints } from "../code-points.ts";
import { rowOf, type Tensor } from "../model/tensor.ts";
import { isSpecial, type Encoding } from "../tokenizer/encoding.ts";

/** A token's piece of the text and its vector. */
export interface TokenVector {
  readonly text: string;
  /** In Unicode code points of the text. */
  readonly start: number;
  /** Likewise, the first behind it. */
  readonly end: number;
  readonly vector: Float32Array;
}

/** Of every token of the text; special tokens are left out. */
export interface Features {
  readonly kind: "features";
  readonly tokens: readonly TokenVector[];
}

/** From vectors of shape (tokens, values). */
export function featuresOf(values: Tensor, row: Encoding, text: CodePoints): Features {
  const own = [...row.ids.keys()].filter((token) => !isSpecial(row, token));
  const tokens = own.map((token) => {
    const start = row.starts[token];
    const end = row.ends[token];
    return { text: text.piece(start, end), start, end, vector: rowOf(values, token) };
  });
  return { kind: "features", tokens };
}
