import { ContentError } from "../edgekit-error.ts";
import type { JsonObject } from "../json-object.ts";
import { SIDES, type Side } from "../model/manifest.ts";
import { TRUNCATIONS, type Truncation } from "../tokenizer/truncation.ts";

/** A text of golden.json with what Python makes of it. */
export interface GoldenCase {
  readonly name: string;
  /** One or two; null where there are only ids. */
  readonly texts: readonly string[] | null;
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  readonly offsets: readonly (readonly [number, number])[] | null;
  readonly attentionMask: Int32Array;
  /** That the row was made for; null: it was made for none. */
  readonly role: string | null;
  readonly maxLength: number;
  readonly strategy: Truncation;
  readonly side: Side;
  /** Of outputs that have values for each token, the tokens that are compared. */
  readonly rows: Int32Array;
  readonly outputs: ReadonlyMap<string, Sample>;
}

/** Values of one output at some places of it. */
export interface Sample {
  readonly values: Float32Array;
  /** Where in the output; null: these are all. */
  readonly indices: Int32Array | null;
  /** The largest that PyTorch's values ever are. */
  readonly scale: number;
}

/** What holds for all cases of golden.json. */
interface GoldenFacts {
  readonly maxLength: number;
  readonly side: Side;
  readonly scales: ReadonlyMap<string, JsonObject>;
}

/** All cases of golden.json. */
export function goldenCases(root: JsonObject): GoldenCase[] {
  const facts = {
    maxLength: root.count("max_length"),
    side: root.oneOf("truncation_side", SIDES) ?? "right",
    scales: root.childMap("scales"),
  };
  return root.children("cases").map((row) => goldenCase(row, facts));
}

function goldenCase(row: JsonObject, facts: GoldenFacts): GoldenCase {
  const outputs = [...row.childMap("outputs")];
  const ids = row.ints("input_ids");
  const typeIds = row.ints("token_type_ids");
  const attentionMask = row.ints("attention_mask");
  if (ids.length === 0 || ids.length !== typeIds.length) row.wrong("token_type_ids");
  if (ids.length !== attentionMask.length) row.wrong("attention_mask");
  return {
    name: row.text("name"),
    texts: row.has("text") ? row.texts("text") : null,
    ids,
    typeIds,
    offsets: row.has("offsets") ? row.pairs("offsets") : null,
    attentionMask,
    role: row.textOrNull("role"),
    maxLength: row.has("max_length") ? row.count("max_length") : facts.maxLength,
    strategy: row.oneOf("truncation", TRUNCATIONS) ?? "longest_first",
    side: row.oneOf("truncation_side", SIDES) ?? facts.side,
    rows: row.ints("rows"),
    outputs: new Map(outputs.map(([name, value]) => [name, sample(value, name, facts)])),
  };
}

function sample(row: JsonObject, name: string, facts: GoldenFacts): Sample {
  const scale = facts.scales.get(name);
  if (scale === undefined) throw new ContentError(`'scales' have no ${name}`);
  return {
    values: row.floats("values"),
    indices: row.has("indices") ? row.ints("indices") : null,
    scale: scale.number("largest"),
  };
}
