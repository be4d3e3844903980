import type { CodePoints } from "../code-points.ts";

/** A text on its way to the model: code points, each with the piece of the original it stands for. */
export class Normalized {
  readonly points: Int32Array;
  /** Of each piece, in code points of the original. */
  readonly starts: Int32Array;
  /** Likewise, the first behind the piece. */
  readonly ends: Int32Array;

  constructor(points: Int32Array, starts: Int32Array, ends: Int32Array) {
    this.points = points;
    this.starts = starts;
    this.ends = ends;
  }

  /** The text as it was given. */
  static of(text: CodePoints): Normalized {
    const starts = text.values.map((_, place) => place);
    return new Normalized(
      text.values,
      starts,
      starts.map((place) => place + 1),
    );
  }

  get size(): number {
    return this.points.length;
  }

  /** A part of it, in the same memory. */
  slice(from: number, until: number): Normalized {
    return new Normalized(
      this.points.subarray(from, until),
      this.starts.subarray(from, until),
      this.ends.subarray(from, until),
    );
  }

  /** With a code point in front that stands for what the first one does, unless it is that. */
  prefixed(point: number): Normalized {
    if (this.points[0] === point) return this;
    return new Normalized(
      inFront(point, this.points),
      inFront(this.starts[0], this.starts),
      inFront(this.ends[0], this.ends),
    );
  }

  /** With other code points in the same places. */
  map(change: (point: number) => number): Normalized {
    return new Normalized(this.points.map(change), this.starts, this.ends);
  }

  /** Without the code points that `keep` does not want. */
  filter(keep: (point: number) => boolean): Normalized {
    if (this.points.every(keep)) return this;
    const isKept = (_: number, place: number) => keep(this.points[place]);
    return new Normalized(
      this.points.filter(isKept),
      this.starts.filter(isKept),
      this.ends.filter(isKept),
    );
  }
}

function inFront(first: number, others: Int32Array): Int32Array {
  const all = new Int32Array(others.length + 1);
  all[0] = first;
  all.set(others, 1);
  return all;
}

/**
 * A new text made of an old one, from left to right.
 *
 * Each code point that is written says how the old text moves on: by the one that it replaces and
 * those that are dropped behind it, or not at all where it is inserted. What is inserted stands for
 * what the code point before it does. So the tokenizers library counts, and offsets depend on it.
 */
export class Rewriting {
  private readonly old: Normalized;
  private place = 0;
  private readonly points: number[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  constructor(old: Normalized) {
    this.old = old;
  }

  /** Writes a code point in the place of the next one; so many behind that are left out. */
  replace(point: number, dropped = 0): void {
    this.write(point, this.place);
    this.place += 1 + dropped;
  }

  /** Writes a code point besides. */
  insert(point: number): void {
    this.write(point, this.place - 1);
  }

  /** Leaves out the next code points. */
  skip(count: number): void {
    this.place += count;
  }

  /** Either, by the library's number: above 0 inserts, below it counts what is dropped. */
  change(point: number, change: number): void {
    if (change > 0) this.insert(point);
    else this.replace(point, -change);
  }

  done(): Normalized {
    return new Normalized(
      Int32Array.from(this.points),
      Int32Array.from(this.starts),
      Int32Array.from(this.ends),
    );
  }

  private write(point: number, from: number): void {
    this.points.push(point);
    this.starts.push(this.old.starts[Math.max(from, 0)]);
    this.ends.push(from < 0 ? this.old.starts[0] : this.old.ends[from]);
  }
}
