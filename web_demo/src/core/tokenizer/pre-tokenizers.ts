import type { CodePointSet } from "../code-point-set.ts";
import { toCodePoints } from "../code-points.ts";
import { EdgekitError } from "../edgekit-error.ts";
import type { JsonObject } from "../json-object.ts";
import type { CharacterTables } from "./character-tables.ts";
import { standsAt } from "./normalizers.ts";
import type { Normalized } from "./normalized.ts";

/** A step that splits a text; pieces may be empty, which are passed over. */
export type PreTokenizer = (text: Normalized) => Normalized[];

const SPACE = 0x20;

/** The steps of a tokenizer's pre-tokenizer, by the type that tokenizer.json gives them. */
const STEPS: Readonly<Record<string, (step: JsonObject, tables: CharacterTables) => PreTokenizer>> =
  {
    WhitespaceSplit: (_, tables) => words(tables.set("blanks"), null),
    BertPreTokenizer: (_, tables) => words(tables.set("blanks"), tables.set("punctuation")),
    Metaspace: metaspace,
    ByteLevel: byteLevel,
  };

/**
 * A step of a tokenizer's pre-tokenizer.
 *
 * @throws EdgekitError UnsupportedTokenizer: the step is unknown here
 */
export function preTokenizerOf(step: JsonObject, tables: CharacterTables): PreTokenizer {
  const type = step.text("type");
  if (!Object.hasOwn(STEPS, type)) {
    throw new EdgekitError(
      "UnsupportedTokenizer",
      `this library has no pre-tokenizer ${type}: update it`,
    );
  }
  return STEPS[type](step, tables);
}

/** What stands between blanks; each mark that stands apart is a word for itself. */
function words(blanks: CodePointSet, apart: CodePointSet | null): PreTokenizer {
  return (text) => {
    const found: Normalized[] = [];
    let start = 0;
    for (let place = 0; place < text.size; place++) {
      const isApart = apart?.has(text.points[place]) ?? false;
      if (!isApart && !blanks.has(text.points[place])) continue;
      found.push(text.slice(start, place));
      if (isApart) found.push(text.slice(place, place + 1));
      start = place + 1;
    }
    found.push(text.slice(start, text.size));
    return found;
  };
}

/** SentencePiece's blanks, which are a character of the words. */
function metaspace(step: JsonObject): PreTokenizer {
  const [mark] = toCodePoints(step.text("replacement"));
  if (mark === undefined) step.wrong("replacement");
  const scheme = step.text("prepend_scheme");
  const splits = !step.has("split") || step.flag("split");
  return (text) => {
    const marked = text.map((point) => (point === SPACE ? mark : point));
    const isPrefixed = scheme === "always" || (scheme === "first" && text.starts[0] === 0);
    const whole = isPrefixed ? marked.prefixed(mark) : marked;
    const found: Normalized[] = [];
    let start = 0;
    for (let place = 1; place < whole.size; place++) {
      if (!splits || whole.points[place] !== mark) continue;
      found.push(whole.slice(start, place));
      start = place;
    }
    found.push(whole.slice(start, whole.size));
    return found;
  };
}

const CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map(toCodePoints);

/** Kinds of code points in GPT-2's pattern. */
const BLANK = 0;
const LETTER = 1;
const NUMBER = 2;
const OTHER = 3;

/** GPT-2's pattern: contractions, runs of letters, of numbers, of other marks, and of blanks. */
function byteLevel(step: JsonObject, tables: CharacterTables): PreTokenizer {
  const addsPrefix = step.flag("add_prefix_space");
  const blanks = tables.set("blanks");
  const letters = tables.set("letters");
  const numbers = tables.set("numbers");
  const kindOf = (point: number): number => {
    if (blanks.has(point)) return BLANK;
    if (letters.has(point)) return LETTER;
    return numbers.has(point) ? NUMBER : OTHER;
  };
  return (text) => {
    const whole = addsPrefix ? text.prefixed(SPACE) : text;
    const kinds = whole.points.map(kindOf);
    const found: Normalized[] = [];
    for (let place = 0; place < whole.size;) {
      const end = endOf(whole.points, kinds, place);
      found.push(whole.slice(place, end));
      place = end;
    }
    return found;
  };
}

/** Where the piece of GPT-2's pattern ends that begins at a place. */
function endOf(points: Int32Array, kinds: Int32Array, place: number): number {
  const contraction = CONTRACTIONS.find((wanted) => standsAt(wanted, points, place));
  if (contraction !== undefined) return place + contraction.length;
  const start = points[place] === SPACE && place + 1 < points.length ? place + 1 : place;
  if (kinds[start] !== BLANK) return endOfRun(kinds, start);
  const end = endOfRun(kinds, place);
  // The last blank before a word is left to it.
  return end === points.length || end === place + 1 ? end : end - 1;
}

function endOfRun(kinds: Int32Array, place: number): number {
  let end = place + 1;
  while (end < kinds.length && kinds[end] === kinds[place]) end++;
  return end;
}
