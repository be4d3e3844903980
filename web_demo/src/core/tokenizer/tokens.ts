import type { Normalized } from "./normalized.ts";

/** The tokens of one text, without special ones. */
export interface Tokens {
  /** The vocabulary's. */
  readonly ids: Int32Array;
  /** In code points of the text. */
  readonly starts: Int32Array;
  /** Likewise, the first behind the token. */
  readonly ends: Int32Array;
  /** Number of each token's word. */
  readonly words: Int32Array;
  /** Blanks at each token's beginning, within its offsets. */
  readonly before: Int32Array;
  /** Blanks at its end. */
  readonly behind: Int32Array;
}

/** Some of them, in the same memory. */
export function sliced(tokens: Tokens, from: number, until: number): Tokens {
  return changed(tokens, (column) => column.subarray(from, until));
}

/**
 * With offsets that leave out a token's blanks.
 *
 * @param hasPrefix whether a blank was put before the text: that one is in no offset
 */
export function trimmed(tokens: Tokens, hasPrefix: boolean): Tokens {
  const starts = tokens.starts.slice();
  const ends = tokens.ends.slice();
  for (let token = 0; token < starts.length; token++) {
    const isFirst = token === 0 || starts[token] === 0;
    const isOwn = hasPrefix && tokens.before[token] === 1 && isFirst;
    const begun = starts[token] + (isOwn ? 0 : tokens.before[token]);
    starts[token] = Math.min(begun, ends[token]);
    const behind = tokens.behind[token];
    if (behind > 0 && behind <= ends[token]) {
      ends[token] = Math.max(ends[token] - behind, starts[token]);
    }
  }
  return { ...tokens, starts, ends };
}

/** Tokens that are added one by one. */
export class TokenList {
  private readonly columns: Record<keyof Tokens, number[]> = {
    ids: [],
    starts: [],
    ends: [],
    words: [],
    before: [],
    behind: [],
  };
  private word = -1;

  /** What is added from here on is of the next word. */
  nextWord(): void {
    this.word++;
  }

  /**
   * Adds a token of the current word.
   *
   * @param text what the token is a piece of
   * @param from its first place there
   * @param until the first place behind it
   * @param before blanks at its beginning
   * @param behind blanks at its end
   */
  add(id: number, text: Normalized, from: number, until: number, before = 0, behind = 0): void {
    const { columns } = this;
    columns.ids.push(id);
    columns.starts.push(text.starts[from]);
    columns.ends.push(text.ends[until - 1]);
    columns.words.push(this.word);
    columns.before.push(before);
    columns.behind.push(behind);
  }

  done(): Tokens {
    return changed(this.columns, (column) => Int32Array.from(column));
  }
}

function changed<T>(
  columns: Readonly<Record<keyof Tokens, T>>,
  change: (column: T) => Int32Array,
): Tokens {
  return {
    ids: change(columns.ids),
    starts: change(columns.starts),
    ends: change(columns.ends),
    words: change(columns.words),
    before: change(columns.before),
    behind: change(columns.behind),
  };
}
