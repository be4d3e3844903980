import type { CharacterRange, CodePoints } from "../code-points.ts";
import type { CodePointSet } from "../code-point-set.ts";
import { rowOf, type Tensor } from "../model/tensor.ts";
import { isSpecial, type Encoding } from "../tokenizer/encoding.ts";
import { isEmpty, mended, type Piece } from "./mending.ts";
import { ranked, softmax } from "./scores.ts";

/** A piece of a text with its label. */
export interface Entity {
  readonly label: string;
  readonly text: string;
  /** In Unicode code points of the text. */
  readonly start: number;
  /** Likewise, the first behind it. */
  readonly end: number;
  /** The same as places in the text's UTF-16 units, as a string counts. */
  readonly characters: CharacterRange;
  /** Its probability. */
  readonly score: number;
}

/** The answer of a token classification. */
export interface Tagging {
  readonly kind: "tagging";
  /** Labelled without B- and I-. */
  readonly entities: readonly Entity[];
  /** Every word with its full label. */
  readonly words: readonly Entity[];
}

const OUTSIDE = "O";

/** First and last token of a word. */
type Word = [first: number, last: number];

/** From logits to entities. */
export class Tagger {
  private readonly names: readonly string[];
  private readonly marks: CodePointSet;
  private readonly hasPrefixes: boolean;
  private readonly standAlone: boolean;

  /**
   * @param names of the model's labels
   */
  constructor(names: readonly string[], marks: CodePointSet) {
    this.names = names;
    this.marks = marks;
    this.hasPrefixes = names.some(isPrefixed);
    this.standAlone = !this.hasPrefixes && !names.includes(OUTSIDE);
  }

  /** From logits of shape (tokens, labels). */
  tag(logits: Tensor, row: Encoding, text: CodePoints): Tagging {
    const found = wordsOf(row).map((word) => this.word(logits, row, word, text));
    const words = found.filter((word) => word !== null);
    const entities = this.runsOf(words).map((run) => this.entity(run, text));
    return { kind: "tagging", entities, words };
  }

  /** Null for a word with no text. */
  private word(logits: Tensor, row: Encoding, word: Word, text: CodePoints): Entity | null {
    const [first, last] = word;
    const own = { start: row.starts[first], end: row.ends[last] };
    const piece = mended(text, own, this.marks);
    if (isEmpty(piece)) return null;
    const scores = rowOf(logits, first);
    const [best] = ranked(scores, 1);
    return labelled(this.names[best], piece, softmax(scores)[best], text);
  }

  /** Words that form an entity, in order. */
  private runsOf(words: readonly Entity[]): Entity[][] {
    const runs: Entity[][] = [];
    let open: string | null = null;
    for (const word of words) {
      const kind = this.kindOf(word.label);
      const begins = this.standAlone || kind !== open || this.begins(word.label);
      if (word.label === OUTSIDE) {
        open = null;
      } else if (begins) {
        runs.push([word]);
        open = kind;
      } else {
        runs.at(-1)!.push(word);
      }
    }
    return runs;
  }

  private entity(run: readonly Entity[], text: CodePoints): Entity {
    const sum = run.reduce((total, word) => total + word.score, 0);
    const piece = { start: run[0].start, end: run.at(-1)!.end };
    return labelled(this.kindOf(run[0].label), piece, Math.fround(sum / run.length), text);
  }

  private begins(label: string): boolean {
    return this.hasPrefixes && label.startsWith("B-");
  }

  private kindOf(label: string): string {
    return this.hasPrefixes && isPrefixed(label) ? label.slice(2) : label;
  }
}

/** First and last token of each word: neighbours of one number. */
function wordsOf(row: Encoding): Word[] {
  const found: Word[] = [];
  let open: number | null = null;
  row.ids.forEach((_, token) => {
    if (isSpecial(row, token)) return;
    if (row.wordIds[token] === open) {
      found.at(-1)![1] = token;
    } else {
      found.push([token, token]);
      open = row.wordIds[token];
    }
  });
  return found;
}

function labelled(label: string, piece: Piece, score: number, text: CodePoints): Entity {
  const { start, end } = piece;
  const characters = text.characters(start, end);
  return { label, text: text.piece(start, end), start, end, characters, score };
}

function isPrefixed(label: string): boolean {
  return label.startsWith("B-") || label.startsWith("I-");
}
