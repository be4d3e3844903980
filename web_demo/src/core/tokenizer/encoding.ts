/** In place of a text's or a word's number, for a token that the tokenizer added. */
export const SPECIAL = -1;

/** One row of ids, unpadded, with what is known of each token: plain data. */
export interface Encoding {
  /** The vocabulary's. */
  readonly ids: Int32Array;
  /** 0 for the first text of a pair, 1 for the second, as the model was trained. */
  readonly typeIds: Int32Array;
  /** Of each token in its own text, in Unicode code points; 0 for special tokens. */
  readonly starts: Int32Array;
  /** Likewise; the first code point behind the token. */
  readonly ends: Int32Array;
  /** Which text a token is from: 0, 1, or {@link SPECIAL}. */
  readonly sequenceIds: Int32Array;
  /** A running number of the pre-tokenizer's pieces of that text, or {@link SPECIAL}. */
  readonly wordIds: Int32Array;
  /** 1 where the model attends to a token, else 0; null: to all of them. */
  readonly attentionMask: Int32Array | null;
  /** Places of tokens whose vectors are no part of an answer. */
  readonly skipped: readonly number[];
}

/** A row's attention mask, which says 1 of every token where it has none of its own. */
export function attentionOf(row: Encoding): Int32Array {
  return row.attentionMask ?? new Int32Array(row.ids.length).fill(1);
}

/** Whether the tokenizer added the token: it is of no text. */
export function isSpecial(row: Encoding, token: number): boolean {
  return row.sequenceIds[token] === SPECIAL;
}
