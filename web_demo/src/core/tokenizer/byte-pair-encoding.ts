import { Heap } from "../heap.ts";
import type { Model } from "./model.ts";
import type { Normalized } from "./normalized.ts";
import type { TokenList } from "./tokens.ts";
import { Utf8 } from "./utf8.ts";
import { MERGE_COLUMNS, NONE, Prefix, type Vocabulary } from "./vocabulary.ts";

const BYTES = 256;
const RANK = 2;
const MERGED = 3;
const NOWHERE = -1;
const SPACE = 0x20;

/** First and last of the bytes that stand for themselves; others are written as U+0100 and on. */
const OWN = [
  [33, 126],
  [161, 172],
  [174, 255],
] as const;

/** How the vocabulary writes each byte, in UTF-8. */
const SYMBOLS: readonly Uint8Array[] = symbols();

/** Settings of {@link BytePairEncoding}. */
export interface BytePairSettings {
  /** Id of a byte that the vocabulary has not; null: such a byte is left out. */
  readonly unknown: number | null;
  /** Whether a word that is an entry is that at once. */
  readonly ignoresMerges: boolean;
}

/**
 * Byte-level BPE: a word's bytes, of which the pair that stands first in the merges becomes one,
 * and of several places the leftmost, until there is no such pair.
 */
export class BytePairEncoding implements Model {
  private readonly vocabulary: Vocabulary;
  private readonly settings: BytePairSettings;
  /** Of each byte its id, the unknown one's, or {@link NONE}. */
  private readonly byteIds: Int32Array;

  constructor(vocabulary: Vocabulary, settings: BytePairSettings) {
    this.vocabulary = vocabulary;
    this.settings = settings;
    this.byteIds = Int32Array.from(SYMBOLS, (symbol) => {
      const id = vocabulary.id(symbol);
      return id === NONE ? (settings.unknown ?? NONE) : id;
    });
  }

  tokenize(word: Normalized, tokens: TokenList): void {
    const text = new Utf8(word.points);
    const bytes = new ByteWord(word, text);
    const whole = this.settings.ignoresMerges ? this.wholeId(text) : NONE;
    if (whole !== NONE) {
      bytes.add(tokens, whole, 0, text.bytes.length);
      return;
    }
    const known = Array.from(text.bytes, (byte) => this.byteIds[byte]).filter((id) => id !== NONE);
    const row = new Symbols(known, this.vocabulary.merges);
    row.mergeAll();
    row.forEach((id, from, until) => bytes.add(tokens, id, from, until));
  }

  private wholeId(text: Utf8): number {
    const prefix = new Prefix(this.vocabulary);
    const isThere = text.bytes.every((byte) => SYMBOLS[byte].every((each) => prefix.take(each)));
    return isThere ? prefix.id : NONE;
  }
}

/** A word whose tokens are pieces of its bytes. */
class ByteWord {
  private readonly word: Normalized;
  private readonly text: Utf8;
  private readonly pointOf: Int32Array;

  constructor(word: Normalized, text: Utf8) {
    this.word = word;
    this.text = text;
    this.pointOf = new Int32Array(text.bytes.length);
    for (let point = 0; point < word.size; point++) {
      this.pointOf.fill(point, text.places[point], text.places[point + 1]);
    }
  }

  add(tokens: TokenList, id: number, from: number, until: number): void {
    let before = 0;
    while (from + before < until && this.text.bytes[from + before] === SPACE) before++;
    let behind = 0;
    while (until - behind > from && this.text.bytes[until - behind - 1] === SPACE) behind++;
    const end = this.pointOf[until - 1] + 1;
    tokens.add(id, this.word, this.pointOf[from], end, before, behind);
  }
}

/** The symbols of a word: neighbours are linked, so that two become one fast. */
class Symbols {
  private readonly ids: Int32Array;
  private readonly merges: Uint32Array;
  private readonly lengths: Int32Array;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  /** Ranks of possible merges, each times the word's size, plus the place. */
  private readonly queue = new Heap((one, other) => one - other);

  constructor(ids: readonly number[], merges: Uint32Array) {
    this.ids = Int32Array.from(ids);
    this.merges = merges;
    this.lengths = new Int32Array(ids.length).fill(1);
    this.next = Int32Array.from(ids, (_, place) => (place + 1 < ids.length ? place + 1 : NOWHERE));
    this.previous = Int32Array.from(ids, (_, place) => place - 1);
  }

  mergeAll(): void {
    const size = this.ids.length;
    for (let place = 0; place < size; place++) this.propose(place);
    for (let each = this.queue.take(); each !== undefined; each = this.queue.take()) {
      const place = each % size;
      const row = this.mergeAt(place);
      // What was proposed may have become part of another symbol since then.
      if (row !== NOWHERE && this.merges[row + RANK] === Math.floor(each / size)) {
        this.merge(place, this.merges[row + MERGED]);
      }
    }
  }

  forEach(each: (id: number, from: number, until: number) => void): void {
    let from = 0;
    for (let place = this.ids.length > 0 ? 0 : NOWHERE; place !== NOWHERE;) {
      const until = from + this.lengths[place];
      each(this.ids[place], from, until);
      from = until;
      place = this.next[place];
    }
  }

  private propose(place: number): void {
    const row = place < 0 ? NOWHERE : this.mergeAt(place);
    if (row !== NOWHERE) this.queue.add(this.merges[row + RANK] * this.ids.length + place);
  }

  /** The merge of a symbol with the next one. */
  private mergeAt(place: number): number {
    const next = this.next[place];
    if (this.lengths[place] === 0 || next === NOWHERE) return NOWHERE;
    return mergeRow(this.merges, this.ids[place], this.ids[next]);
  }

  private merge(place: number, id: number): void {
    const gone = this.next[place];
    this.ids[place] = id;
    this.lengths[place] += this.lengths[gone];
    this.lengths[gone] = 0;
    this.next[place] = this.next[gone];
    if (this.next[gone] !== NOWHERE) this.previous[this.next[gone]] = place;
    this.propose(this.previous[place]);
    this.propose(place);
  }
}

/** Where the merge of two ids begins in the merges. */
function mergeRow(merges: Uint32Array, left: number, right: number): number {
  let low = 0;
  let high = merges.length / MERGE_COLUMNS;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = middle * MERGE_COLUMNS;
    const order = merges[row] - left || merges[row + 1] - right;
    if (order === 0) return row;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return NOWHERE;
}

function symbols(): Uint8Array[] {
  let others = BYTES;
  return Array.from({ length: BYTES }, (_, byte) => {
    const isOwn = OWN.some(([first, last]) => byte >= first && byte <= last);
    return new TextEncoder().encode(String.fromCodePoint(isOwn ? byte : others++));
  });
}
