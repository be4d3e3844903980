import type { CharacterRange, CodePoints } from "../code-points.ts";
import { EdgekitError } from "../edgekit-error.ts";
import { rowOf, type Tensor } from "../model/tensor.ts";
import { isSpecial, type Encoding } from "../tokenizer/encoding.ts";
import { ranked, softmax } from "./scores.ts";

/** A vocabulary entry that may stand at a mask. */
export interface Filler {
  readonly tokenId: number;
  /** As it stands in the vocabulary: `##ing`, `Ġthe`. */
  readonly token: string;
  /** Its probability. */
  readonly score: number;
}

/** A mask of the text, and what may stand there, from the likeliest on. */
export interface Mask {
  /** In Unicode code points of the text. */
  readonly start: number;
  /** Likewise, the first behind it. */
  readonly end: number;
  /** The same as places in the text's UTF-16 units, as a string counts. */
  readonly characters: CharacterRange;
  readonly fillers: readonly Filler[];
}

/** The answer of a fill mask: one entry a mask, in the text's order. */
export interface FilledMasks {
  readonly kind: "masks";
  readonly masks: readonly Mask[];
}

/** From logits to words. */
export class MaskFiller {
  private readonly maskId: number;
  private readonly token: (id: number) => string;

  /**
   * @param maskId the id of the tokenizer's mask
   * @param token gives a vocabulary's entry
   */
  constructor(maskId: number, token: (id: number) => string) {
    this.maskId = maskId;
    this.token = token;
  }

  /**
   * From logits of shape (tokens, vocabulary).
   *
   * @param top how many fillers are kept
   * @throws EdgekitError NoMask: nothing is to be filled
   */
  fill(logits: Tensor, row: Encoding, text: CodePoints, top: number): FilledMasks {
    const places = [...row.ids.keys()].filter(
      (place) => row.ids[place] === this.maskId && !isSpecial(row, place),
    );
    if (places.length === 0) {
      throw new EdgekitError(
        "NoMask",
        `the text has no ${this.token(this.maskId)} among its first ${row.ids.length} tokens: ` +
          "put it where a word is missing",
      );
    }
    const masks = places.map((place) => {
      const start = row.starts[place];
      const end = row.ends[place];
      const fillers = this.fillers(rowOf(logits, place), top);
      return { start, end, characters: text.characters(start, end), fillers };
    });
    return { kind: "masks", masks };
  }

  private fillers(logits: Float32Array, top: number): Filler[] {
    const scores = softmax(logits);
    return ranked(logits, top).map((id) => ({
      tokenId: id,
      token: this.token(id),
      score: scores[id],
    }));
  }
}
