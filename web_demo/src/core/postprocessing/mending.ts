import type { CodePoints } from "../code-points.ts";
import { CodePointSet } from "../code-point-set.ts";

/** A piece of a text by its offsets in code points, which may be empty. */
export interface Piece {
  readonly start: number;
  /** The first behind the piece. */
  readonly end: number;
}

export function isEmpty(piece: Piece): boolean {
  return piece.start >= piece.end;
}

/** Unicode's property White_Space. */
const WHITE_SPACE = new CodePointSet(
  Int32Array.of(
    ...[0x9, 0xd, 0x20, 0x20, 0x85, 0x85, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a],
    ...[0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000],
  ),
);

/**
 * A piece for people, put right (docs/postprocess.md): no white space around it, and all of its
 * combining marks, which a tokenizer that takes accents off leaves out.
 *
 * @param marks the general categories Mn, Mc and Me
 */
export function mended(text: CodePoints, piece: Piece, marks: CodePointSet): Piece {
  const { values, size } = text;
  let { start, end } = piece;
  while (start < end && WHITE_SPACE.has(values[start])) start++;
  while (end > start && WHITE_SPACE.has(values[end - 1])) end--;
  if (start >= end) return { start, end };
  while (start > 0 && marks.has(values[start])) start--;
  while (end < size && marks.has(values[end])) end++;
  return { start, end };
}
