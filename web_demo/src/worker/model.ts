/** The worker of one screen: it opens a model and answers, while the page stays free for its user. */
import {
  EdgeModel,
  latenciesMs,
  measurementToJson,
  SearchIndex,
  SelfTest,
  type Answered,
  type Bundle,
  type Engine,
  type Hit,
  type TestCase,
  type TestReport,
} from "../core/index.ts";
import { OnnxRuntime, type Content } from "../runtime/onnxruntime.ts";
import { readKept } from "../store/kept.ts";
import { openBundle, readSite } from "../store/site.ts";
import { answerCalls, type Call } from "./calls.ts";

/** What is opened. */
export interface Opening {
  /** The name of its folder in the site. */
  readonly bundle: string;
  readonly file: string;
  readonly threads: number;
}

/** How the opened file is measured. */
export interface Measuring {
  /** Tokens of each inference. */
  readonly length: number;
  /** Inferences before the first that counts. */
  readonly warmUp: number;
  readonly runs: number;
  /** The machine in one line. */
  readonly machine: string;
  readonly threads: number;
}

/** What it gave: a line of results.jsonl, and the latencies in it. */
export interface Measured {
  readonly json: string;
  readonly latenciesMs: readonly number[];
}

let bundle: Bundle | null = null;
let runtime: Promise<OnnxRuntime> | null = null;
let engine: Engine | null = null;
let model: EdgeModel | null = null;
let index: SearchIndex | null = null;

/** Reads a bundle with its tokenizer, and returns the tokenizer's sign for a blank, or nothing. */
const read: Call<string, never, string> = async (name) => {
  bundle = await openBundle(name);
  const tokenizer = await bundle.tokenizer();
  const mask = bundle.manifest.tokenizer?.specialTokens.get("mask_token");
  return mask === undefined ? "" : tokenizer.token(mask);
};

/** Opens a file instead of the one before, and returns the runtime's title. */
const open: Call<Opening, never, string> = async ({ bundle: name, file, threads }) => {
  await model?.close();
  bundle ??= await openBundle(name);
  const artifact = bundle.artifact(file);
  runtime ??= start(threads);
  const [started, content] = await Promise.all([runtime, contentOf(artifact.files)]);
  engine = await started.open(content, artifact);
  model = await EdgeModel.open(bundle, artifact, engine);
  return engine.title;
};

const ask: Call<readonly string[], never, Answered> = (texts) => opened().ask(texts);

/** Indexes texts for a search; tells how many are done. */
const indexTexts: Call<readonly string[], number, null> = async (texts, tell) => {
  const vectors: Float32Array[] = [];
  for (const text of texts) {
    vectors.push((await opened().embed(text, "document")).answer.vector);
    tell(vectors.length);
  }
  index = new SearchIndex(vectors);
  return null;
};

/** The indexed texts that are closest to a query. */
const search: Call<string, never, readonly Hit[]> = async (query) => {
  return index === null ? [] : opened().search(query, index);
};

/** Tests the opened file; tells each result. */
const selfTest: Call<null, TestCase, TestReport> = (_, progress) => {
  const { artifact } = opened();
  return new SelfTest(bundle!).run({ artifact, engine: engine!, progress });
};

/** Measures the opened file; tells how many inferences are done. */
const measure: Call<Measuring, number, Measured> = async (asked, progress) => {
  const { artifact } = opened();
  const started = new Date().toISOString();
  const { length, warmUp, runs, machine, threads } = asked;
  const found = await latenciesMs(artifact, engine!, { length, warmUp, runs, progress });
  const conditions = { runtime: engine!.title, machine, threads, length, started, warmUp };
  const json = measurementToJson(bundle!, artifact, { ...conditions, latenciesMs: found });
  return { json: JSON.stringify(json), latenciesMs: found };
};

const CALLS = { read, open, ask, indexTexts, search, selfTest, measure };
export type ModelCalls = typeof CALLS;

answerCalls(CALLS);

function opened(): EdgeModel {
  if (model === null) throw new Error("no file is open");
  return model;
}

async function start(threads: number): Promise<OnnxRuntime> {
  const site = await readSite();
  return OnnxRuntime.start(await readKept(site.runtime.sha256), threads);
}

/** A file's own content, and that of its weights, which come after it. */
async function contentOf(files: readonly { readonly file: string; readonly sha256: string }[]): Promise<Content> {
  const [model, ...beside] = await Promise.all(files.map(({ sha256 }) => readKept(sha256)));
  return { model, beside: new Map(beside.map((data, place) => [files[place + 1].file, data])) };
}
