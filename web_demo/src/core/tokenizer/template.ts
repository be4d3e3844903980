import { ContentError } from "../edgekit-error.ts";
import { SPECIAL, type Encoding } from "./encoding.ts";
import type { Tokens } from "./tokens.ts";

interface Item {
  readonly typeId: number;
  /** Which text stands here, or {@link SPECIAL}. */
  readonly sequence: number;
  /** Of a special token. */
  readonly id: number;
}

const TEXTS = ["$A", "$B"];

/** Where special tokens stand in a row of some texts: `[CLS]:0 $A:0 [SEP]:0`. */
export class Template {
  /** How many special tokens a row has. */
  readonly specialTokens: number;
  private readonly items: readonly Item[];

  /** @throws ContentError it is no such row of so many texts */
  constructor(items: readonly string[], specialIds: ReadonlyMap<string, number>, texts: number) {
    this.items = items.map((item) => parsed(item, specialIds));
    const places = this.items.map(({ sequence }) => sequence).filter((place) => place !== SPECIAL);
    if (String(places.sort()) !== String([0, 1].slice(0, texts))) {
      throw new ContentError("'template' does not have each text once");
    }
    this.specialTokens = this.items.filter((item) => item.sequence === SPECIAL).length;
  }

  /** A row with these tokens of each text. */
  filled(texts: readonly Tokens[]): Encoding {
    const size = texts.reduce((sum, tokens) => sum + tokens.ids.length, this.specialTokens);
    const row = emptyRow(size);
    let place = 0;
    for (const { typeId, sequence, id } of this.items) {
      const tokens = sequence === SPECIAL ? null : texts[sequence];
      const end = place + (tokens?.ids.length ?? 1);
      row.typeIds.fill(typeId, place, end);
      if (tokens === null) {
        row.ids[place] = id;
      } else {
        row.ids.set(tokens.ids, place);
        row.starts.set(tokens.starts, place);
        row.ends.set(tokens.ends, place);
        row.wordIds.set(tokens.words, place);
        row.sequenceIds.fill(sequence, place, end);
      }
      place = end;
    }
    return row;
  }
}

function emptyRow(size: number): Encoding {
  return {
    ids: new Int32Array(size),
    typeIds: new Int32Array(size),
    starts: new Int32Array(size),
    ends: new Int32Array(size),
    sequenceIds: new Int32Array(size).fill(SPECIAL),
    wordIds: new Int32Array(size).fill(SPECIAL),
    attentionMask: null,
    skipped: [],
  };
}

function parsed(item: string, specialIds: ReadonlyMap<string, number>): Item {
  const mark = item.lastIndexOf(":");
  const name = item.slice(0, mark);
  const typeId = Number.parseInt(item.slice(mark + 1), 10);
  if (mark < 0 || Number.isNaN(typeId)) throw new ContentError(`'${item}' has no type`);
  const sequence = TEXTS.indexOf(name);
  if (sequence >= 0) return { typeId, sequence, id: SPECIAL };
  const id = specialIds.get(name);
  if (id === undefined) throw new ContentError(`special_ids have no ${name}`);
  return { typeId, sequence: SPECIAL, id };
}
