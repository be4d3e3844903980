import { EdgekitError } from "../edgekit-error.ts";

/**
 * Which text loses tokens where a row is too long. `longest_first`: the longer one, until both have
 * half of the room.
 */
export type Truncation = "longest_first" | "only_first" | "only_second";

export const TRUNCATIONS: readonly Truncation[] = ["longest_first", "only_first", "only_second"];

/**
 * How many tokens each text keeps.
 *
 * @param lengths tokens of the one or two texts
 * @param room tokens for all of them
 * @throws EdgekitError QuestionTooLong: the text that may not be cut is too long
 */
export function kept(strategy: Truncation, lengths: readonly number[], room: number): number[] {
  if (lengths.reduce((sum, length) => sum + length, 0) <= room) return [...lengths];
  const cut = cutText(strategy, lengths);
  const half = strategy === "longest_first" ? Math.floor(room / 2) : Infinity;
  const counts = lengths.map((length, text) => (text === cut ? 0 : Math.min(length, half)));
  const others = counts.reduce((sum, count) => sum + count, 0);
  const left = room - others;
  const least = strategy === "longest_first" ? 0 : 1; // of the text to be cut
  if (left < least || cut >= lengths.length) {
    throw new EdgekitError(
      "QuestionTooLong",
      `the text that is not to be cut has ${others} tokens and only ${room} fit`,
    );
  }
  counts[cut] = Math.min(lengths[cut], left);
  return counts;
}

function cutText(strategy: Truncation, lengths: readonly number[]): number {
  const last = lengths.length - 1;
  if (strategy === "longest_first") return lengths[0] > lengths[last] ? 0 : last;
  return strategy === "only_first" ? 0 : 1;
}
