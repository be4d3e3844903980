import type { CodePointSet } from "../code-point-set.ts";
import type { Normalized } from "./normalized.ts";
import { standsAt } from "./normalizers.ts";
import type { TokenList } from "./tokens.ts";

/** A token that is cut out of a text before anything else is done. */
export interface AddedToken {
  readonly id: number;
  /** What it is found by. */
  readonly sought: Int32Array;
  /** Whether it takes the blanks before it, too. */
  readonly takesBefore: boolean;
  /** Likewise, those behind it. */
  readonly takesBehind: boolean;
}

/** A piece of a text, or an added token. */
export interface Part {
  readonly text: Normalized;
  /** Of the added token; null for a piece of a text. */
  readonly id: number | null;
}

/** Cuts added tokens out: of those that begin at one place the longest. */
export class AddedTokens {
  private readonly byFirst = new Map<number, AddedToken[]>();
  private readonly blanks: CodePointSet;

  constructor(tokens: readonly AddedToken[], blanks: CodePointSet) {
    this.blanks = blanks;
    const longestFirst = tokens
      .filter((token) => token.sought.length > 0)
      .sort((one, other) => other.sought.length - one.sought.length);
    for (const token of longestFirst) {
      const [first] = token.sought;
      this.byFirst.set(first, [...(this.byFirst.get(first) ?? []), token]);
    }
  }

  cut(text: Normalized): Part[] {
    const parts: Part[] = [];
    let done = 0;
    let place = 0;
    while (place < text.size) {
      const token = this.at(text.points, place);
      if (token === undefined) {
        place++;
        continue;
      }
      const [start, end] = this.span(text, token, place, done);
      if (done < start) parts.push({ text: text.slice(done, start), id: null });
      parts.push({ text: text.slice(start, end), id: token.id });
      place += token.sought.length;
      done = end;
    }
    if (done < text.size) parts.push({ text: text.slice(done, text.size), id: null });
    return parts;
  }

  /** Adds a token with the blanks that it has taken. */
  add(id: number, text: Normalized, tokens: TokenList): void {
    const { points, size } = text;
    let before = 0;
    while (before < size && this.blanks.has(points[before])) before++;
    let behind = 0;
    while (behind < size && this.blanks.has(points[size - 1 - behind])) behind++;
    tokens.add(id, text, 0, size, before, behind);
  }

  /** Where a token that stands at a place begins and ends, with its blanks. */
  private span(
    text: Normalized,
    token: AddedToken,
    place: number,
    done: number,
  ): [start: number, end: number] {
    const { points, size } = text;
    let start = place;
    let end = place + token.sought.length;
    while (token.takesBefore && start > done && this.blanks.has(points[start - 1])) start--;
    while (token.takesBehind && end < size && this.blanks.has(points[end])) end++;
    return [start, end];
  }

  private at(points: Int32Array, place: number): AddedToken | undefined {
    return this.byFirst.get(points[place])?.find((each) => standsAt(each.sought, points, place));
  }
}
