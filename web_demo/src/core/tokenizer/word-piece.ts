import type { Model } from "./model.ts";
import type { Normalized } from "./normalized.ts";
import type { TokenList } from "./tokens.ts";
import { Utf8 } from "./utf8.ts";
import { NONE, Prefix, type Vocabulary } from "./vocabulary.ts";

/** An entry and the code points of a word that it covers. */
interface Piece {
  readonly id: number;
  readonly from: number;
  readonly until: number;
}

/** Settings of {@link WordPiece}. */
export interface WordPieceSettings {
  /** Id of a word that is not to be had so. */
  readonly unknown: number;
  /** What stands before an entry that goes on. */
  readonly continuing: string;
  /** Code points of a word; a longer one is unknown. */
  readonly longest: number;
}

/** BERT's way: the longest entry that a word begins with, then the longest that goes on, and so on. */
export class WordPiece implements Model {
  private readonly settings: WordPieceSettings;
  private readonly first: Prefix;
  private readonly further: Prefix;

  constructor(vocabulary: Vocabulary, settings: WordPieceSettings) {
    this.settings = settings;
    this.first = new Prefix(vocabulary);
    this.further = new Prefix(vocabulary);
    for (const byte of new TextEncoder().encode(settings.continuing)) this.further.take(byte);
  }

  tokenize(word: Normalized, tokens: TokenList): void {
    const pieces = word.size > this.settings.longest ? null : this.pieces(word);
    if (pieces === null) {
      tokens.add(this.settings.unknown, word, 0, word.size);
      return;
    }
    for (const { id, from, until } of pieces) tokens.add(id, word, from, until);
  }

  /** Null where nothing fits at some place. */
  private pieces(word: Normalized): Piece[] | null {
    const text = new Utf8(word.points);
    const found: Piece[] = [];
    let from = 0;
    while (from < word.size) {
      const piece = this.longestAt(text, from, word.size);
      if (piece === null) return null;
      found.push(piece);
      from = piece.until;
    }
    return found;
  }

  private longestAt(text: Utf8, from: number, size: number): Piece | null {
    const prefix = (from === 0 ? this.first : this.further).copy();
    let found: Piece | null = null;
    for (let point = from; point < size; point++) {
      for (let byte = text.places[point]; byte < text.places[point + 1]; byte++) {
        if (!prefix.take(text.bytes[byte])) return found;
      }
      if (prefix.id !== NONE) found = { id: prefix.id, from, until: point + 1 };
    }
    return found;
  }
}
