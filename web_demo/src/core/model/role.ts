import { SPECIAL, type Encoding } from "../tokenizer/encoding.ts";

/** What a text's role, such as `query`, decides of its row and of its vectors. */
export interface Role {
  /** Where the text is cut; null: at the manifest's `maxLength`. */
  readonly maxLength: number | null;
  /** What fills a short row up; null: nothing does. */
  readonly expansion: Expansion | null;
  /** The vectors of these tokens are no part of an answer. */
  readonly skipIds: readonly number[];
}

/** What a short row is filled up with, behind its last token; the vectors there count. */
export interface Expansion {
  readonly tokenId: number;
  /** Tokens that a row has at least. */
  readonly length: number;
  /** Whether the model attends to the tokens that fill it up. */
  readonly isAttended: boolean;
}

const NONE = "none";
const PLAIN: Role = { maxLength: null, expansion: null, skipIds: [] };

/** What a role decides; of null, that of texts without one. */
export function roleNamed(roles: ReadonlyMap<string, Role>, name: string | null): Role {
  return roles.get(name ?? NONE) ?? roles.get(NONE) ?? PLAIN;
}

/** The row of a text as its role wants it. */
export function shaped(row: Encoding, { expansion, skipIds }: Role): Encoding {
  const own = row.ids.length;
  const size = Math.max(own, expansion?.length ?? 0);
  const ids = filled(row.ids, size, expansion?.tokenId ?? 0);
  const hasUnattended = size > own && expansion?.isAttended === false;
  return {
    ids,
    typeIds: filled(row.typeIds, size, 0),
    starts: filled(row.starts, size, 0),
    ends: filled(row.ends, size, 0),
    sequenceIds: filled(row.sequenceIds, size, SPECIAL),
    wordIds: filled(row.wordIds, size, SPECIAL),
    attentionMask: hasUnattended ? filled(new Int32Array(own).fill(1), size, 0) : null,
    skipped: [...ids.keys()].filter((place) => skipIds.includes(ids[place])),
  };
}

function filled(row: Int32Array, size: number, value: number): Int32Array {
  const all = new Int32Array(size).fill(value);
  all.set(row);
  return all;
}
