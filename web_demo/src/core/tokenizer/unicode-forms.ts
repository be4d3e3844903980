import type { CodePointMap, CombiningClasses, Composition } from "./character-tables.ts";
import { Hangul } from "./hangul.ts";
import { Rewriting, type Normalized } from "./normalized.ts";

/** Code points with what becomes of the old text at each (see {@link Rewriting.change}). */
class Changes {
  readonly points: number[] = [];
  readonly changes: number[] = [];

  add(point: number, change: number): void {
    this.points.push(point);
    this.changes.push(change);
  }
}

/**
 * Unicode's normalisation forms: NFD and NFKD, by their table of decompositions, and NFC and NFKC,
 * which compose the result again.
 */
export class UnicodeForms {
  private readonly decompositions: CodePointMap;
  private readonly classes: CombiningClasses;
  private readonly composition: Composition | null;

  constructor(
    decompositions: CodePointMap,
    classes: CombiningClasses,
    composition: Composition | null,
  ) {
    this.decompositions = decompositions;
    this.classes = classes;
    this.composition = composition;
  }

  normalize(text: Normalized): Normalized {
    const apart = this.decomposed(text);
    const made = this.composition === null ? apart : this.composed(apart, this.composition);
    const rewriting = new Rewriting(text);
    made.points.forEach((point, place) => rewriting.change(point, made.changes[place]));
    return rewriting.done();
  }

  private decomposed(text: Normalized): Changes {
    const made = new Changes();
    for (const point of text.points) {
      const parts = this.parts(point);
      for (let index = 0; index < parts.length; index++) {
        made.add(parts[index], index === 0 ? 0 : 1);
      }
    }
    this.order(made);
    return made;
  }

  private parts(point: number): ArrayLike<number> {
    const found = this.decompositions.get(point);
    if (found !== null) return found;
    return Hangul.isSyllable(point) ? Hangul.decompose(point) : [point];
  }

  /** Sorts each run of marks by class; equals stay in order. */
  private order(made: Changes): void {
    const { points, changes } = made;
    for (let start = 0; start < points.length; start++) {
      if (this.classes.of(points[start]) === 0) continue;
      let end = start + 1;
      while (end < points.length && this.classes.of(points[end]) !== 0) end++;
      const run = points
        .slice(start, end)
        .map((point, index) => ({ point, change: changes[start + index] }))
        .sort((one, other) => this.classes.of(one.point) - this.classes.of(other.point));
      run.forEach((each, index) => {
        points[start + index] = each.point;
        changes[start + index] = each.change;
      });
      start = end;
    }
  }

  private composed(apart: Changes, composition: Composition): Changes {
    const made = new Changes();
    let base = -1; // place of what later code points may be composed with
    let lastClass = 0; // of the marks between, 0 if there are none
    apart.points.forEach((point, place) => {
      const change = apart.changes[place];
      const ownClass = this.classes.of(point);
      const isBlocked = lastClass !== 0 && lastClass >= ownClass;
      const isOpen = base >= 0 && !isBlocked;
      const one = isOpen ? composition.get(made.points[base], point) : null;
      if (one !== null) {
        made.points[base] = one;
        made.changes[base] += change - 1;
        return;
      }
      if (ownClass === 0) base = made.points.length;
      lastClass = ownClass;
      made.add(point, change);
    });
    return made;
  }
}
