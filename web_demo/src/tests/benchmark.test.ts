/** What a launch for `edgekit bench` obeys and refuses (docs/app-contract.md). */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  benchmarkRequest,
  JsonObject,
  launch,
  type BenchmarkHost,
  type Inputs,
} from "../core/index.ts";

const FIELDS = {
  contract: 1,
  id: "4f1c",
  model: "a.onnx",
  runtime: "onnxruntime",
  threads: 1,
  inputs: "input_ids,attention_mask",
  outputs: "logits",
};
const fed = new Uint8Array(Int32Array.of(7, 8, 1, 1).buffer);

/** Doubles the ids; keeps what is saved. */
class Host implements BenchmarkHost {
  readonly runtimes = ["onnxruntime"];
  saved: Float32Array = new Float32Array(0);
  closed = 0;

  async open() {
    return {
      title: "onnxruntime-web 1",
      run: async (inputs: Inputs) => {
        const { shape, values } = inputs["input_ids"];
        return { logits: { shape, values: Float32Array.from(values, (id) => 2 * id) } };
      },
      prewarm: async () => {},
      close: async () => {
        this.closed++;
      },
    };
  }

  async read() {
    return fed;
  }

  async save(_: string, content: Uint8Array) {
    this.saved = new Float32Array(content.slice().buffer);
  }

  async memory() {
    return { nowBytes: 10, peakBytes: 30 };
  }
}

async function events(host: Host, fields: object) {
  const request = benchmarkRequest(new JsonObject({ ...FIELDS, ...fields }));
  return (await launch(request, host)).map((line) => JSON.parse(line));
}

test("a launch opens, is fed, runs, saves and tells its memory", async () => {
  const host = new Host();
  const commands = "feed 2 texts and more.bin;run 3;save outputs.bin;memory";
  const [loaded, told, ran, ...others] = await events(host, { commands });
  assert.equal(loaded.runtime, "onnxruntime-web 1");
  assert.deepEqual(told, { event: "fed" });
  assert.equal(ran.ms.length, 3);
  assert.deepEqual([...host.saved], [14, 16]);
  const memory = { event: "memory", before_bytes: 10, peak_bytes: 30 };
  assert.deepEqual(others, [{ event: "saved" }, memory]);
  assert.equal(host.closed, 1);
});

test("what a launch refuses is its last line", async () => {
  const refused: [object, RegExp][] = [
    [{ commands: "run 1" }, /nothing was fed/],
    [{ commands: "jump" }, /no command/],
    [{ commands: "feed 3 x" }, /not 3 for each input/],
    [{ commands: "feed 2 x;save y" }, /nothing was run/],
    [{ commands: "", contract: 2 }, /version 1/],
    [{ commands: "", runtime: "mlx" }, /no mlx/],
  ];
  for (const [fields, reason] of refused) {
    const last = (await events(new Host(), fields)).at(-1);
    assert.equal(last.event, "error");
    assert.match(last.message, reason);
  }
});
