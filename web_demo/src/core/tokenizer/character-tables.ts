import { CodePointSet, lowerBound } from "../code-point-set.ts";
import { toCodePoints } from "../code-points.ts";
import type { JsonObject } from "../json-object.ts";
import { Graphemes } from "./graphemes.ts";
import { Hangul } from "./hangul.ts";

/** Names of the tables that are sets. */
export type SetName =
  | "blanks"
  | "marks"
  | "controls"
  | "ideographs"
  | "nonspacing"
  | "punctuation"
  | "letters"
  | "numbers";

/** Names of the tables that are maps. */
export type MapName = "lowercase" | "decompose" | "decompose_compatible";

/**
 * What the bundle says of code points, so that ids do not depend on the browser's Unicode version.
 * Only the tables that the tokenizer's steps name are there (docs/tokenizers.md).
 */
export class CharacterTables {
  private readonly tables: JsonObject;

  constructor(tables: JsonObject) {
    this.tables = tables;
  }

  set(name: SetName): CodePointSet {
    return new CodePointSet(this.tables.ints(name));
  }

  map(name: MapName): CodePointMap {
    const rows = this.tables.child(name);
    const from = rows.ints("from");
    const to = rows.texts("to");
    if (from.length !== to.length || to.includes("")) rows.wrong("to");
    return new CodePointMap(from, to);
  }

  combiningClasses(): CombiningClasses {
    const rows = this.tables.ints("classes");
    if (rows.some((point) => point < 0 || point > LAST)) this.tables.wrong("classes");
    return new CombiningClasses(rows);
  }

  composition(): Composition {
    const pairs = this.tables.child("compose");
    const [first, second, to] = ["first", "second", "to"].map((name) => pairs.ints(name));
    if (first.length !== to.length || second.length !== to.length) pairs.wrong("to");
    return new Composition(first, second, to);
  }

  graphemes(): Graphemes {
    return new Graphemes(this.tables.child("graphemes"));
  }
}

/** The last code point there is. */
const LAST = 0x10ffff;

/** What some code points become; all others stay as they are. */
export class CodePointMap {
  private readonly from: Int32Array;
  private readonly to: readonly Int32Array[];

  constructor(from: Int32Array, to: readonly string[]) {
    this.from = from;
    this.to = to.map(toCodePoints);
  }

  /** Null for a code point that stays. */
  get(point: number): Int32Array | null {
    const place = lowerBound(this.from, point);
    return this.from[place] === point ? this.to[place] : null;
  }
}

/** The canonical combining class of code points. */
export class CombiningClasses {
  private readonly classes = new Map<number, number>();

  /**
   * @param rows first, last, class, and so on
   */
  constructor(rows: Int32Array) {
    for (let row = 0; row + 2 < rows.length; row += 3) {
      for (let point = rows[row]; point <= rows[row + 1]; point++) {
        this.classes.set(point, rows[row + 2]);
      }
    }
  }

  /** 0 for a code point that has none. */
  of(point: number): number {
    return this.classes.get(point) ?? 0;
  }
}

/** Pairs of code points that become one. */
export class Composition {
  private readonly pairs = new Map<number, number>();

  constructor(first: Int32Array, second: Int32Array, to: Int32Array) {
    to.forEach((point, place) => this.pairs.set(pairOf(first[place], second[place]), point));
  }

  /** Null for a pair that stays. */
  get(first: number, second: number): number | null {
    return this.pairs.get(pairOf(first, second)) ?? Hangul.compose(first, second);
  }
}

/** A number for each pair; the product is exact in a float64. */
function pairOf(first: number, second: number): number {
  return first * 0x200000 + second;
}
