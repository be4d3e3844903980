import { CodePointSet } from "../code-point-set.ts";
import type { JsonObject } from "../json-object.ts";
import { Hangul } from "./hangul.ts";

const CLASSES = [
  "control",
  "extend",
  "spacing",
  "prepend",
  "pictographic",
  "leading",
  "vowel",
  "trailing",
  "consonant",
  "linker",
  "between",
] as const;

type Class = (typeof CLASSES)[number];

const CARRIAGE_RETURN = 0xd;
const LINE_FEED = 0xa;
const JOINER = 0x200d;

/** Code points from the blank up to here stand alone. */
const PLAIN = 0x7f;

/**
 * Where grapheme clusters begin, by the rules of Unicode's annex 29. Flags are left out: their
 * halves are too long for what asks here.
 */
export class Graphemes {
  private readonly sets: ReadonlyMap<Class, CodePointSet>;

  /**
   * @param sets code points by class, named as in docs/tokenizers.md
   */
  constructor(sets: JsonObject) {
    this.sets = new Map(CLASSES.map((name) => [name, new CodePointSet(sets.ints(name))]));
  }

  /** The places at which a cluster begins, but for the first. */
  breaks(points: Int32Array): number[] {
    const found: number[] = [];
    for (let place = 1; place < points.length; place++) {
      if (this.isBreak(points, place)) found.push(place);
    }
    return found;
  }

  private isBreak(points: Int32Array, place: number): boolean {
    const before = points[place - 1];
    const here = points[place];
    if (isPlain(before) && isPlain(here)) return true;
    if (before === CARRIAGE_RETURN && here === LINE_FEED) return false; // GB3
    if (this.is(before, "control") || this.is(here, "control")) return true; // GB4, GB5
    const isOne =
      this.isHangul(before, here) || // GB6 to GB8
      here === JOINER ||
      this.is(here, "extend") || // GB9
      this.is(here, "spacing") || // GB9a
      this.is(before, "prepend") || // GB9b
      this.isConjoined(points, place) || // GB9c
      this.isPicture(points, place); // GB11
    return !isOne;
  }

  private isHangul(before: number, here: number): boolean {
    const isSyllable = Hangul.isSyllable(before);
    const isOpen = isSyllable && Hangul.isOpen(before);
    const isVowel = this.is(here, "vowel");
    const isTrailing = this.is(here, "trailing");
    if (this.is(before, "leading")) {
      return this.is(here, "leading") || isVowel || Hangul.isSyllable(here);
    }
    if (isOpen || this.is(before, "vowel")) return isVowel || isTrailing;
    return isTrailing && (isSyllable || this.is(before, "trailing"));
  }

  /** Two consonants with a linker between them. */
  private isConjoined(points: Int32Array, place: number): boolean {
    if (!this.is(points[place], "consonant")) return false;
    let isLinked = false;
    for (let before = place - 1; before >= 0; before--) {
      const isLinker = this.is(points[before], "linker");
      isLinked ||= isLinker;
      if (!isLinker && !this.is(points[before], "between")) {
        return isLinked && this.is(points[before], "consonant");
      }
    }
    return false;
  }

  /** Two pictures with a joiner between them. */
  private isPicture(points: Int32Array, place: number): boolean {
    if (points[place - 1] !== JOINER || !this.is(points[place], "pictographic")) return false;
    let before = place - 2;
    while (before >= 0 && this.is(points[before], "extend")) before--;
    return before >= 0 && this.is(points[before], "pictographic");
  }

  private is(point: number, name: Class): boolean {
    return this.sets.get(name)!.has(point);
  }
}

function isPlain(point: number): boolean {
  return point >= 0x20 && point < PLAIN;
}
