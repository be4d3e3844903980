/**
 * What only a JavaScript library has; ids, answers and refusals are tests/test_phone_*.py's. The
 * variable EDGEKIT_BUNDLE names a bundle for question answering.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  Bundle,
  CodePoints,
  EdgekitError,
  EdgeModel,
  SearchIndex,
  type Engine,
  type Inputs,
} from "../core/index.ts";

const FILE = "model-fp32.onnx";
const folder = process.env["EDGEKIT_BUNDLE"] ?? "";
const files = { read: (path: string) => readFile(join(folder, path)) };
const passage = "In the 👍🏽 beginning there was a house by the sea. ".repeat(20);

/** Gives each token of the passage a score that falls with its place, and counts its runs. */
class FallingEngine implements Engine {
  readonly title = "none";
  runs = 0;

  async run(inputs: Inputs) {
    this.runs++;
    const { shape, values } = inputs["input_ids"];
    const logits = Float32Array.from(values, (_, place) => -place);
    return { start_logits: { shape, values: logits }, end_logits: { shape, values: logits } };
  }

  async prewarm(inputs: Inputs) {
    await this.run(inputs);
  }

  async close() {}
}

async function opened(): Promise<{ model: EdgeModel; engine: FallingEngine }> {
  const bundle = await Bundle.open(files);
  const engine = new FallingEngine();
  return { model: await EdgeModel.open(bundle, bundle.artifact(FILE), engine), engine };
}

test("places are told in code points and in UTF-16 units", () => {
  const text = new CodePoints("a👍🏽b\ud83d");
  assert.equal(text.size, 5);
  assert.deepEqual(text.characters(1, 3), { start: 1, end: 5 });
  assert.equal(text.piece(3, 5), "b\ud83d");
});

test("the characters of an answer are the answer's text", async () => {
  const { model } = await opened();
  const { answer, windows } = await model.answer("Where?", passage);
  assert.ok(windows > 1);
  const behindEmoji = answer.spans.filter(({ start, characters }) => start < characters.start);
  assert.ok(behindEmoji.length > 0);
  for (const { text, characters } of answer.spans) {
    assert.equal(passage.slice(characters.start, characters.end), text);
  }
});

test("an answer is plain data, which a worker can send", async () => {
  const { model } = await opened();
  const answered = await model.answer("Where?", passage);
  assert.deepEqual(structuredClone(answered), answered);
  assert.deepEqual(structuredClone(model.manifest), model.manifest);
});

test("a signal ends a long passage between two windows", async () => {
  const { model, engine } = await opened();
  const ender = new AbortController();
  const run = engine.run.bind(engine);
  engine.run = (inputs) => {
    ender.abort();
    return run(inputs);
  };
  const answered = model.answer("Where?", passage, { signal: ender.signal });
  await assert.rejects(answered, { name: "AbortError" });
  assert.equal(engine.runs, 1);
});

test("half a surrogate pair is a code point like any other", async () => {
  const tokenizer = await (await Bundle.open(files)).tokenizer();
  const { starts, ends } = tokenizer.encode(["a \ud83d b"], { maxLength: 16 });
  assert.deepEqual([...starts], [0, 0, 2, 4, 0]);
  assert.deepEqual([...ends], [0, 1, 3, 5, 0]);
});

test("what a reader refuses in this library's words is passed on", async () => {
  const full = new EdgekitError("RuntimeFailed", "the disk is full: free some space");
  const refusing = { read: () => Promise.reject(full) };
  await assert.rejects(Bundle.open(refusing), full);
  const empty = { read: () => Promise.reject(new Error("404")) };
  await assert.rejects(Bundle.open(empty), { kind: "MissingFile" });
});

test("a file of another length than the manifest says is no answer", async () => {
  const { model, engine } = await opened();
  engine.run = async () => {
    const short = { shape: [1, 1], values: new Float32Array(1) };
    return { start_logits: short, end_logits: short };
  };
  await assert.rejects(model.answer("Where?", "there"), { kind: "RuntimeFailed" });
  await assert.rejects(model.tag("there"), { kind: "UnsupportedTask" });
});

test("a search finds the closest by angle, whatever the lengths", () => {
  const index = new SearchIndex([
    Float32Array.of(9, 9),
    Float32Array.of(0, 2),
    new Float32Array(2),
  ]);
  const hits = index.search(Float32Array.of(0, 0.5), 2);
  assert.deepEqual(hits, [
    { index: 1, score: 1 },
    { index: 0, score: Math.fround(Math.SQRT1_2) },
  ]);
});
