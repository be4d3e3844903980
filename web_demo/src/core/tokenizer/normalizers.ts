import { toCodePoints } from "../code-points.ts";
import type { CodePointSet } from "../code-point-set.ts";
import { EdgekitError } from "../edgekit-error.ts";
import type { JsonObject } from "../json-object.ts";
import type { CharacterTables } from "./character-tables.ts";
import { Rewriting, type Normalized } from "./normalized.ts";
import { Precompiled } from "./precompiled.ts";
import { UnicodeForms } from "./unicode-forms.ts";

/** A step that makes one text of another. */
export type Normalizer = (text: Normalized) => Normalized;

const SPACE = 0x20;

/** The one regular expression that checkpoints replace by. */
const SEVERAL_SPACES = " {2,}";

/** The steps of a tokenizer's normaliser, by the type that tokenizer.json gives them. */
const STEPS: Readonly<Record<string, (step: JsonObject, tables: CharacterTables) => Normalizer>> = {
  BertNormalizer: bert,
  Lowercase: (_, tables) => lowercase(tables),
  StripAccents: (_, tables) => without(tables.set("marks")),
  Strip: strip,
  Replace: replace,
  Precompiled: precompiled,
  NFD: (_, tables) => form("NFD", tables),
  NFKD: (_, tables) => form("NFKD", tables),
  NFC: (_, tables) => form("NFC", tables),
  NFKC: (_, tables) => form("NFKC", tables),
};

/**
 * A step of a tokenizer's normaliser.
 *
 * @throws EdgekitError UnsupportedTokenizer: the step is unknown here
 */
export function normalizerOf(step: JsonObject, tables: CharacterTables): Normalizer {
  const type = step.text("type");
  if (!Object.hasOwn(STEPS, type)) {
    throw new EdgekitError(
      "UnsupportedTokenizer",
      `this library has no normaliser ${type}: update it`,
    );
  }
  return STEPS[type](step, tables);
}

/** All of the steps in order. */
export function inOrder(steps: readonly Normalizer[]): Normalizer {
  return (text) => steps.reduce((made, step) => (made.size === 0 ? made : step(made)), text);
}

function form(type: string, tables: CharacterTables): Normalizer {
  const forms = new UnicodeForms(
    tables.map(type.includes("K") ? "decompose_compatible" : "decompose"),
    tables.combiningClasses(),
    type.endsWith("C") ? tables.composition() : null,
  );
  return (text) => forms.normalize(text);
}

function bert(step: JsonObject, tables: CharacterTables): Normalizer {
  const steps: Normalizer[] = [];
  if (step.flag("clean_text")) steps.push(clean(tables));
  if (step.flag("handle_chinese_chars")) steps.push(apart(tables.set("ideographs")));
  if (step.flag("strip_accents")) {
    steps.push(form("NFD", tables), without(tables.set("nonspacing")));
  }
  if (step.flag("lowercase")) steps.push(lowercase(tables));
  return inOrder(steps);
}

function clean(tables: CharacterTables): Normalizer {
  const drop = without(tables.set("controls"));
  const blanks = tables.set("blanks");
  return (text) => drop(text).map((point) => (blanks.has(point) ? SPACE : point));
}

function without(points: CodePointSet): Normalizer {
  return (text) => text.filter((point) => !points.has(point));
}

/** Blanks around each ideograph, which so becomes a word. */
function apart(ideographs: CodePointSet): Normalizer {
  return (text) =>
    rewritten(text, (point) => (ideographs.has(point) ? [SPACE, point, SPACE] : null));
}

function lowercase(tables: CharacterTables): Normalizer {
  const map = tables.map("lowercase");
  return (text) => rewritten(text, (point) => map.get(point));
}

function precompiled(step: JsonObject, tables: CharacterTables): Normalizer {
  const table = new Precompiled(step.text("precompiled_charsmap"), tables.graphemes());
  return (text) => table.normalize(text);
}

/** Each code point replaced by others, or kept where there are none. */
function rewritten(
  text: Normalized,
  made: (point: number) => ArrayLike<number> | null,
): Normalized {
  const rewriting = new Rewriting(text);
  for (const point of text.points) {
    const others = made(point) ?? [point];
    rewriting.replace(others[0]);
    for (let index = 1; index < others.length; index++) rewriting.insert(others[index]);
  }
  return rewriting.done();
}

function strip(step: JsonObject, tables: CharacterTables): Normalizer {
  const left = step.flag("strip_left");
  const right = step.flag("strip_right");
  const blanks = tables.set("blanks");
  return (text) => {
    let start = 0;
    let end = text.size;
    while (left && start < end && blanks.has(text.points[start])) start++;
    while (right && start < end && blanks.has(text.points[end - 1])) end--;
    return text.slice(start, end);
  };
}

/** Replaces each match; what takes its place stands for the match's last code point. */
function replace(step: JsonObject): Normalizer {
  const lengthAt = matcher(step.child("pattern"));
  const content = toCodePoints(step.text("content"));
  return (text) => {
    const made = new Rewriting(text);
    let place = 0;
    while (place < text.size) {
      const length = lengthAt(text.points, place);
      if (length === 0) {
        made.replace(text.points[place++]);
        continue;
      }
      place += length;
      made.skip(length);
      for (const point of content) made.insert(point);
    }
    return made.done();
  };
}

/** How many code points match at a place. */
function matcher(pattern: JsonObject): (points: Int32Array, place: number) => number {
  const text = pattern.textOrNull("String");
  if (text !== null) {
    const wanted = toCodePoints(text);
    return (points, place) => (standsAt(wanted, points, place) ? wanted.length : 0);
  }
  if (pattern.textOrNull("Regex") !== SEVERAL_SPACES) {
    throw new EdgekitError(
      "UnsupportedTokenizer",
      "this library does not replace by the tokenizer's regular expression: update it",
    );
  }
  return severalSpaces;
}

function severalSpaces(points: Int32Array, place: number): number {
  let end = place;
  while (points[end] === SPACE) end++;
  return end - place > 1 ? end - place : 0;
}

/** Whether a text has these code points at a place. */
export function standsAt(wanted: ArrayLike<number>, points: Int32Array, place: number): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if (points[place + index] !== wanted[index]) return false;
  }
  return true;
}
