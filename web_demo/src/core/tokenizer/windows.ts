/** Tokens that two windows share, at most. */
const MAX_OVERLAP = 128;

/** Tokens from `start` on, up to the first one behind them. */
export interface TokenRange {
  readonly start: number;
  readonly end: number;
}

/** How a passage that is too long for one row is read: in windows that overlap. */
export const Windows = {
  /**
   * The windows, from the first token to the last.
   *
   * @param tokens of the passage
   * @param room tokens of it that fit into one row, at least 1
   */
  of(tokens: number, room: number): TokenRange[] {
    const step = room - Math.min(MAX_OVERLAP, Math.floor(room / 2));
    const windows: TokenRange[] = [];
    for (let start = 0; ; start += step) {
      windows.push({ start, end: Math.min(start + room, tokens) });
      if (start + room >= tokens) return windows;
    }
  },
};
