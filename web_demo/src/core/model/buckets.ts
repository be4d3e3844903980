/** The static lengths of a file. */
export const Buckets = {
  /**
   * The shortest length at which a file takes a row.
   *
   * @param tokens of the row
   * @param lengths what the file takes, ascending; null: any
   * @returns null if the row is too long for all of them
   */
  smallest(tokens: number, lengths: readonly number[] | null): number | null {
    if (lengths === null) return tokens;
    return lengths.find((length) => length >= tokens) ?? null;
  },
};
