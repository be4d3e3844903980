/**
 * The library as a program, for tests: it obeys commands, a line of JSON each, and writes a line of
 * JSON for each. The variable EDGEKIT_ORT names the module of onnxruntime-web to load.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import {
  answerToJson,
  Bundle,
  EdgekitError,
  EdgeModel,
  JsonObject,
  reportToJson,
  SelfTest,
  SPECIAL,
  type Answered,
  type Engine,
  type Json,
} from "../core/index.ts";
import { OnnxEngine, type Ort } from "../runtime/onnx-engine.ts";

/** A bundle with the models that were asked so far. */
interface Opened {
  readonly bundle: Bundle;
  readonly folder: string;
  readonly models: Map<string, EdgeModel>;
}

type Command = (opened: Opened, asked: JsonObject) => Promise<Json>;

type Called = (model: EdgeModel, texts: string[], role: string | null) => Promise<Answered>;

/** Answers by the functions that are for one task each. */
const CALLS: Readonly<Record<string, Called>> = {
  classify: (model, [first, second]) =>
    model.classify(second === undefined ? first : [first, second]),
  tag: (model, [text]) => model.tag(text),
  answer: (model, [question, passage]) => model.answer(question, passage),
  fill_mask: (model, [text]) => model.fillMask(text),
  embed: (model, [text], role) => model.embed(text, role),
  similarity: (model, [first, second]) => model.similarity(first, second),
  sparse_embedding: (model, [text], role) => model.sparseEmbedding(text, role),
  late_interaction: (model, [text], role) => model.lateInteraction(text, role),
  features: (model, [text]) => model.features(text),
};

const COMMANDS: Readonly<Record<string, Command>> = {
  verify: async ({ bundle }) => {
    await bundle.verify();
    return {};
  },
  encode: async ({ bundle }, asked) => {
    const tokenizer = await bundle.tokenizer();
    const row = tokenizer.encode(asked.texts("texts"), {
      maxLength: asked.int("max_length"),
      strategy: asked.oneOf("strategy", ["longest_first", "only_first", "only_second"])!,
      side: asked.oneOf("side", ["left", "right"])!,
    });
    return {
      ids: [...row.ids],
      type_ids: [...row.typeIds],
      offsets: Array.from(row.starts, (start, token) => [start, row.ends[token]]),
      sequence_ids: withoutSpecial(row.sequenceIds),
      word_ids: withoutSpecial(row.wordIds),
    };
  },
  selftest: async (opened, asked) => {
    const { bundle } = opened;
    const file = asked.textOrNull("artifact");
    if (file === null) return reportToJson(await new SelfTest(bundle).run());
    const engine = await openEngine(opened, file);
    try {
      const artifact = bundle.artifact(file);
      return reportToJson(await new SelfTest(bundle).run({ artifact, engine }));
    } finally {
      await engine.close();
    }
  },
  run: async (opened, asked) => {
    const model = await modelOf(opened, asked.text("artifact"));
    const { answer } = await model.ask(asked.texts("texts"));
    return answerToJson(answer);
  },
  call: async (opened, asked) => {
    const model = await modelOf(opened, asked.text("artifact"));
    const texts = asked.texts("texts");
    if (asked.text("name") === "search") {
      const hits = await model.search(texts[0], await model.index(texts.slice(1)));
      return hits.map(({ index, score }) => ({ index, score }));
    }
    const called = CALLS[asked.text("name")];
    return answerToJson((await called(model, texts, asked.textOrNull("role"))).answer);
  },
};

let current: Opened | null = null;

async function obey(line: string): Promise<Json> {
  try {
    const asked = JsonObject.parse(new TextEncoder().encode(line));
    const action = asked.text("do");
    if (action === "open") return await open(asked.text("bundle"));
    if (current === null) throw EdgekitError.missingFile("manifest.json");
    return await COMMANDS[action](current, asked);
  } catch (error) {
    const kind = error instanceof EdgekitError ? error.kind : "Error";
    return { error: { kind, message: error instanceof Error ? error.message : String(error) } };
  }
}

async function open(folder: string): Promise<Json> {
  for (const model of current?.models.values() ?? []) await model.close();
  current = null;
  const files = { read: (path: string) => readFile(join(folder, path)) };
  const bundle = await Bundle.open(files);
  current = { bundle, folder, models: new Map() };
  return { name: bundle.manifest.name, task: bundle.manifest.task };
}

async function modelOf(opened: Opened, file: string): Promise<EdgeModel> {
  const known = opened.models.get(file);
  if (known !== undefined) return known;
  const artifact = opened.bundle.artifact(file);
  const engine = await openEngine(opened, file);
  const model = await EdgeModel.open(opened.bundle, artifact, engine);
  opened.models.set(file, model);
  return model;
}

async function openEngine({ bundle, folder }: Opened, file: string): Promise<Engine> {
  const artifact = bundle.artifact(file);
  if (artifact.runtime !== "onnxruntime") {
    throw new EdgekitError("RuntimeFailed", `no runtime ${artifact.runtime} here`);
  }
  const content = await readFile(join(folder, file));
  return OnnxEngine.open(await onnxruntime(), content, artifact, { way: "WebAssembly" });
}

async function onnxruntime(): Promise<Ort> {
  const place = process.env["EDGEKIT_ORT"] ?? "";
  const ort = (await import(pathToFileURL(place).href)) as Ort;
  ort.env.wasm.numThreads = 1;
  return ort;
}

function withoutSpecial(numbers: Int32Array): (number | null)[] {
  return Array.from(numbers, (number) => (number === SPECIAL ? null : number));
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await obey(line))}\n`);
}
