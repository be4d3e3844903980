import { ContentError } from "../edgekit-error.ts";
import type { Model } from "./model.ts";
import type { Normalized } from "./normalized.ts";
import type { TokenList } from "./tokens.ts";
import { Utf8 } from "./utf8.ts";
import { NONE, Prefix, type Vocabulary } from "./vocabulary.ts";

const PENALTY = 10;
const NOWHERE = -1;

/** The best way to each place of a word: its score, its last piece's first place and id. */
class Ways {
  readonly scores: Float64Array;
  readonly froms: Int32Array;
  readonly ids: Int32Array;

  constructor(size: number) {
    this.scores = new Float64Array(size + 1);
    this.froms = new Int32Array(size + 1).fill(NOWHERE);
    this.ids = new Int32Array(size + 1);
  }

  offer(until: number, score: number, from: number, id: number): void {
    if (this.froms[until] !== NOWHERE && score <= this.scores[until]) return;
    this.scores[until] = score;
    this.froms[until] = from;
    this.ids[until] = id;
  }
}

/**
 * SentencePiece's Unigram: of all ways to cut a word the one with the highest sum of scores; of
 * equal ones the one with the longer last piece, at every place.
 */
export class Unigram implements Model {
  private readonly vocabulary: Vocabulary;
  private readonly unknown: number;
  private readonly scores: Float64Array;
  private readonly unknownScore: number;

  /**
   * @param unknown id of what no entry covers; neighbours that are unknown are one token
   */
  constructor(vocabulary: Vocabulary, unknown: number) {
    if (vocabulary.scores === null) throw new ContentError("the vocabulary has no scores");
    this.vocabulary = vocabulary;
    this.unknown = unknown;
    this.scores = vocabulary.scores;
    const least = this.scores.reduce((one, other) => Math.min(one, other), Infinity);
    this.unknownScore = (this.scores.length > 0 ? least : 0) - PENALTY;
  }

  tokenize(word: Normalized, tokens: TokenList): void {
    const ways = this.ways(word);
    const ends: number[] = [];
    let end = word.size;
    while (end > 0) {
      ends.push(end);
      const isUnknown = ways.ids[end] === this.unknown;
      end = ways.froms[end];
      while (isUnknown && end > 0 && ways.ids[end] === this.unknown) end = ways.froms[end];
    }
    let from = 0;
    for (const until of ends.reverse()) {
      tokens.add(ways.ids[until], word, from, until);
      from = until;
    }
  }

  private ways(word: Normalized): Ways {
    const text = new Utf8(word.points);
    const ways = new Ways(word.size);
    for (let from = 0; from < word.size; from++) {
      const hasOne = this.offerPieces(text, from, word.size, ways);
      if (!hasOne) ways.offer(from + 1, ways.scores[from] + this.unknownScore, from, this.unknown);
    }
    return ways;
  }

  /** Every entry that begins here; true if one of them is a single code point. */
  private offerPieces(text: Utf8, from: number, size: number, ways: Ways): boolean {
    const prefix = new Prefix(this.vocabulary);
    let hasOne = false;
    for (let point = from; point < size; point++) {
      for (let byte = text.places[point]; byte < text.places[point + 1]; byte++) {
        if (!prefix.take(text.bytes[byte])) return hasOne;
      }
      const id = prefix.id;
      if (id === NONE) continue;
      hasOne ||= point === from;
      ways.offer(point + 1, ways.scores[from] + this.scores[id], from, id);
    }
    return hasOne;
  }
}
