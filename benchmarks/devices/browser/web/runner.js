// The runner in a page: runner.py calls these functions, one after the other.
import * as ort from "./ort.wasm.min.mjs";

let session, outputNames, feeds, results;

// The smallest module with an instruction on 128 bits: a browser without SIMD finds it invalid.
const SIMD = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
);

function facts() {
  return {
    event: "facts",
    cores_seen: navigator.hardwareConcurrency,
    simd: WebAssembly.validate(SIMD),
    cross_origin_isolated: crossOriginIsolated,
    user_agent: navigator.userAgent,
    runtime: `onnxruntime-web ${ort.env.versions.web}`,
  };
}

// Compiles the runtime, which is not part of opening a file: it does so before it refuses this one.
async function start(threads) {
  if (threads > 1 && !crossOriginIsolated) throw Error("this page may not use threads");
  Object.assign(ort.env.wasm, { numThreads: threads, wasmPaths: new URL(".", location).href });
  ort.env.logLevel = "error";
  await ort.InferenceSession.create(new Uint8Array(1)).catch(() => {});
}

async function open(outputs) {
  outputNames = outputs;
  const started = performance.now();
  const answer = await fetch("model");
  if (!answer.ok) throw Error(`the file could not be fetched: ${answer.status}`);
  session = await ort.InferenceSession.create(await answer.arrayBuffer());
  return performance.now() - started;
}

// `values` maps each input to the ids of one text.
function feed(values) {
  const tensor = (ids) => new ort.Tensor("int32", Int32Array.from(ids), [1, ids.length]);
  feeds = Object.fromEntries(Object.entries(values).map(([name, ids]) => [name, tensor(ids)]));
}

async function run(count) {
  const samples = [];
  for (let number = 0; number < count; number++) {
    const started = performance.now();
    results = await session.run(feeds);
    samples.push(performance.now() - started);
  }
  return samples;
}

async function save() {
  const parts = outputNames.map((name) => results[name].data);
  await fetch("outputs", { method: "PUT", body: new Blob(parts) });
}

globalThis.edgekit = { facts, start, open, feed, run, save };
