/** Pieces of answers that several tasks have. */
import { element } from "../dom.ts";

/** A part of a text that is marked; the class says by which colour. */
export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly style?: string;
  /** Said after the part to who cannot see its colour. */
  readonly name?: string;
}

/** The main line of an answer. */
export function headline(words: string | null): HTMLElement {
  return element("p", { class: "headline", hidden: words === null }, words);
}

/** Lines with bars. */
export function scores(rows: readonly HTMLElement[]): HTMLElement {
  return element("ul", {}, ...rows);
}

/** A text some of whose parts are marked, in its order; places are of UTF-16 units. */
export function marked(text: string, marks: readonly Mark[]): HTMLElement {
  const whole = element("p", { class: "text" });
  let from = 0;
  for (const { start, end, style, name } of marks.filter((mark) => mark.end > mark.start)) {
    const part = element("mark", style === undefined ? {} : { class: style }, text.slice(start, end));
    if (name !== undefined) part.title = name;
    whole.append(text.slice(from, start), part);
    from = end;
  }
  whole.append(text.slice(from));
  return whole;
}
