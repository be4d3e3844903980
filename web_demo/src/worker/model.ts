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
import { startRuntime, type Content, type RuntimeName, type StartedRuntime } from "../runtime/runtimes.ts";
import { readKept } from "../store/kept.ts";
import { openBundle, readSite } from "../store/site.ts";
import { answerCalls, type Call } from "./calls.ts";

/** What is opened. */
export interface Opening {
  /** The name of its folder in the site. */
  readonly bundle: string;
  readonly file: string;
  readonly runtime: RuntimeName;
  /** As many as are wanted: a page that is not isolated from others has one. */
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
}

/** What it gave: a line of results.jsonl, and the latencies in it. */
export interface Measured {
  readonly json: string;
  readonly latenciesMs: readonly number[];
}

let bundle: Bundle | null = null;
const runtimes = new Map<RuntimeName, Promise<StartedRuntime>>();
let threads = 1;
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
const open: Call<Opening, never, string> = async ({ bundle: name, file, ...asked }) => {
  await model?.close();
  model = null;
  bundle ??= await openBundle(name);
  const artifact = bundle.artifact(file);
  const [runtime, content] = await Promise.all([started(asked), contentOf(artifact.files)]);
  engine = await runtime.open(content, artifact);
  threads = runtime.threads;
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
  const { length, warmUp, runs, machine } = asked;
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

/** The runtime of that name; threads are chosen when it is first asked for. */
function started(asked: Pick<Opening, "runtime" | "threads">): Promise<StartedRuntime> {
  const known = runtimes.get(asked.runtime) ?? start(asked);
  runtimes.set(asked.runtime, known);
  return known;
}

async function start({ runtime, threads }: Pick<Opening, "runtime" | "threads">): Promise<StartedRuntime> {
  const { wasm, title } = (await readSite()).runtimes.find(({ name }) => name === runtime)!;
  return startRuntime(runtime, await readKept(wasm.sha256), title, threads);
}

/** A file's own content, and that of its weights, which come after it. */
async function contentOf(files: readonly { readonly file: string; readonly sha256: string }[]): Promise<Content> {
  const [model, ...beside] = await Promise.all(files.map(({ sha256 }) => readKept(sha256)));
  return { model, beside: new Map(beside.map((data, place) => [files[place + 1].file, data])) };
}
