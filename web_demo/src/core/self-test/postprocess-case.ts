import { ContentError } from "../edgekit-error.ts";
import { MOST, type JsonObject } from "../json-object.ts";
import { sizeOf, type Tensor } from "../model/tensor.ts";
import type { Json } from "../postprocessing/answer.ts";
import { SPECIAL, type Encoding } from "../tokenizer/encoding.ts";

/** A prompt of postprocess.json with outputs and the answer that they mean. */
export interface PostprocessCase {
  readonly name: string;
  readonly texts: readonly string[];
  readonly rows: readonly Encoding[];
  /** One a row, by name. */
  readonly outputs: readonly ReadonlyMap<string, Tensor>[];
  readonly top: number;
  /** The object that the answer has to be as JSON. */
  readonly answer: Json;
}

/** All of postprocess.json. */
export interface PostprocessVectors {
  /** Tokens of the rows. */
  readonly maxLength: number;
  /** The largest difference of a score; all else has to be equal. */
  readonly tolerance: number;
  readonly cases: readonly PostprocessCase[];
}

/** Reads postprocess.json. */
export function postprocessVectors(root: JsonObject): PostprocessVectors {
  return {
    maxLength: root.count("max_length"),
    tolerance: root.number("tolerance"),
    cases: root.children("cases").map(postprocessCase),
  };
}

function postprocessCase(row: JsonObject): PostprocessCase {
  return {
    name: row.text("name"),
    texts: row.texts("texts"),
    rows: row.children("encodings").map(encoding),
    outputs: row.children("outputs").map((each) => {
      const tensors = [...each.entries()];
      return new Map(tensors.map(([name, value]) => [name, tensor(value)]));
    }),
    top: row.count("top", 0),
    answer: row.child("answer").fields as Json,
  };
}

function encoding(row: JsonObject): Encoding {
  const offsets = row.pairs("offsets");
  return {
    ids: row.ints("input_ids"),
    typeIds: row.ints("token_type_ids"),
    starts: Int32Array.from(offsets, ([start]) => start),
    ends: Int32Array.from(offsets, ([, end]) => end),
    sequenceIds: numbers(row, "sequence_ids"),
    wordIds: numbers(row, "word_ids"),
    attentionMask: row.has("attention_mask") ? row.ints("attention_mask") : null,
    skipped: row.has("skipped") ? [...row.ints("skipped")] : [],
  };
}

/** Null stands for a special token. */
function numbers(row: JsonObject, name: string): Int32Array {
  return Int32Array.from(row.list(name), (value) => {
    if (value === null) return SPECIAL;
    return typeof value === "number" ? value : row.wrong(name);
  });
}

function tensor(row: JsonObject): Tensor {
  const values = row.floats("values");
  const shape = row.counts("shape");
  const size = sizeOf(shape);
  if (size > MOST) row.wrong("shape");
  const fill = row.numberOrNull("fill");
  const all = fill === null ? values : new Float32Array(size).fill(fill);
  if (fill !== null) scatter(values, row.ints("indices"), all);
  if (all.length !== size) row.wrong("values");
  return { shape, values: all };
}

function scatter(values: Float32Array, places: Int32Array, into: Float32Array): void {
  const isInside = places.every((place) => place >= 0 && place < into.length);
  if (!isInside || places.length !== values.length) {
    throw new ContentError("'indices' are not of these values");
  }
  places.forEach((place, index) => (into[place] = values[index]));
}
