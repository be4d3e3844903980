/** The worker of a launch of docs/app-contract.md, whose files are addresses from the site's own. */
import {
  benchmarkRequest,
  JsonObject,
  launch as launched,
  type BenchmarkHost,
  type MemoryUse,
} from "../core/index.ts";
import { OnnxRuntime } from "../runtime/onnxruntime.ts";
import { base } from "../store/site.ts";
import { answerCalls, type Call } from "./calls.ts";

/** A page is not told what its process takes: edgekit counts that from outside. */
const UNKNOWN: MemoryUse = { nowBytes: 0, peakBytes: 0 };

let runtime: OnnxRuntime | null = null;

const HOST: BenchmarkHost = {
  runtimes: ["onnxruntime-web"],
  open: async (path, artifact) => {
    const model = await load(path);
    return runtime!.open({ model, beside: new Map() }, artifact);
  },
  read: load,
  save: async (path, content) => {
    const body = content as Uint8Array<ArrayBuffer>;
    const answer = await fetch(new URL(path, base()), { method: "PUT", body });
    if (!answer.ok) throw new Error(`${path} cannot be saved: ${answer.status}`);
  },
  memory: async () => UNKNOWN,
};

/** Loads the runtime, which is no part of opening a file. */
const start: Call<number, never, null> = async (threads) => {
  runtime = await OnnxRuntime.start("wasm", null, threads);
  await runtime.warm();
  return null;
};

/** Obeys a request, and returns the text of its results. */
const launch: Call<string, never, string> = async (request) => {
  const fields = JsonObject.parse(new TextEncoder().encode(request));
  const lines = await launched(benchmarkRequest(fields), HOST);
  return lines.map((line) => `${line}\n`).join("");
};

const CALLS = { start, launch };
export type LaunchCalls = typeof CALLS;

answerCalls(CALLS);

async function load(path: string): Promise<Uint8Array> {
  const answer = await fetch(new URL(path, base()), { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path} cannot be read: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
