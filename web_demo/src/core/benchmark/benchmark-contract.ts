import type { JsonObject } from "../json-object.ts";
import type { Engine, Inputs, Outputs } from "../model/engine.ts";
import { LENGTH, type Artifact } from "../model/manifest.ts";
import type { Json } from "../postprocessing/answer.ts";

/** The version of docs/app-contract.md that this library keeps. */
export const CONTRACT_VERSION = 1;

/** What one launch is asked for (docs/app-contract.md). */
export interface BenchmarkRequest {
  readonly contract: number;
  readonly id: string;
  /** What to do, in order. */
  readonly commands: readonly string[];
  /** The path of the file to open. */
  readonly model: string;
  /** Its name in manifests. */
  readonly runtime: string;
  /** Names in the manifest's order. */
  readonly inputs: readonly string[];
  /** Likewise. */
  readonly outputs: readonly string[];
  readonly threads: number;
}

/** Bytes of this process, now and at most so far. */
export interface MemoryUse {
  readonly nowBytes: number;
  readonly peakBytes: number;
}

/** What the app gives a launch. */
export interface BenchmarkHost {
  /** The names of its runtimes; another one is an error of the launch. */
  readonly runtimes: readonly string[];
  /** Opens a file of which no more is known than its inputs and outputs. */
  open(path: string, artifact: Artifact, threads: number): Promise<Engine>;
  /** All of a file. */
  read(path: string): Promise<Uint8Array>;
  /** Writes a file. */
  save(path: string, content: Uint8Array): Promise<void>;
  memory(): Promise<MemoryUse>;
}

type Event = Readonly<Record<string, Json>>;

/**
 * A request from its object.
 *
 * @throws ContentError a field is missing, or is no such thing
 */
export function benchmarkRequest(fields: JsonObject): BenchmarkRequest {
  const id = fields.text("id");
  if (!/^[A-Za-z0-9]+$/.test(id)) fields.wrong("id");
  return {
    contract: fields.int("contract"),
    id,
    commands: listed(fields.text("commands"), ";"),
    model: fields.text("model"),
    runtime: fields.text("runtime"),
    inputs: listed(fields.text("inputs"), ","),
    outputs: listed(fields.text("outputs"), ","),
    threads: fields.int("threads"),
  };
}

/**
 * The app's part of `edgekit bench`: opens one file, obeys commands and tells what they gave.
 *
 * @returns the lines of the results; the last one is an error where something failed
 */
export async function launch(request: BenchmarkRequest, host: BenchmarkHost): Promise<string[]> {
  const events: Event[] = [];
  try {
    await obey(request, host, (event) => events.push(event));
  } catch (error) {
    events.push({ event: "error", message: error instanceof Error ? error.message : `${error}` });
  }
  return events.map((event) => JSON.stringify(event));
}

async function obey(
  request: BenchmarkRequest,
  host: BenchmarkHost,
  tell: (event: Event) => void,
): Promise<void> {
  if (request.contract !== CONTRACT_VERSION) {
    throw new Error(
      `this app keeps version ${CONTRACT_VERSION} of the contract, not ${request.contract}`,
    );
  }
  if (!host.runtimes.includes(request.runtime)) {
    throw new Error(`this app has no ${request.runtime}`);
  }
  const { nowBytes } = await host.memory();
  const start = performance.now();
  const engine = await host.open(request.model, unknownArtifact(request), request.threads);
  tell({ event: "loaded", runtime: engine.title, load_ms: performance.now() - start });
  const opened = new Opened(request, host, engine, nowBytes);
  try {
    for (const command of request.commands) tell(await opened.obey(command));
  } finally {
    await engine.close();
  }
}

/** One launch whose file is open. */
class Opened {
  private readonly request: BenchmarkRequest;
  private readonly host: BenchmarkHost;
  private readonly engine: Engine;
  private readonly beforeBytes: number;
  private fed: Inputs | null = null;
  private outputs: Outputs | null = null;

  constructor(request: BenchmarkRequest, host: BenchmarkHost, engine: Engine, beforeBytes: number) {
    this.request = request;
    this.host = host;
    this.engine = engine;
    this.beforeBytes = beforeBytes;
  }

  async obey(command: string): Promise<Event> {
    const [word, first, ...rest] = command.split(" ");
    if (word === "feed" && rest.length > 0) return this.feed(Number(first), rest.join(" "));
    if (word === "run" && Number(first) > 0) return this.run(Number(first));
    if (word === "save" && first !== undefined) return this.save([first, ...rest].join(" "));
    if (command === "memory") return this.memory();
    throw new Error(`no command '${command}'`);
  }

  private async feed(length: number, path: string): Promise<Event> {
    const content = await this.host.read(path);
    const values = new Int32Array(content.slice().buffer);
    const names = this.request.inputs;
    if (!(length > 0) || values.length !== length * names.length) {
      throw new Error(`the file to feed has ${values.length} values, not ${length} for each input`);
    }
    const rows = names.map((name, index) => {
      const row = values.subarray(index * length, (index + 1) * length);
      return [name, { shape: [1, length], values: row }] as const;
    });
    this.fed = Object.fromEntries(rows);
    return { event: "fed" };
  }

  private async run(count: number): Promise<Event> {
    if (this.fed === null) throw new Error("nothing was fed");
    const times: number[] = [];
    for (let run = 0; run < count; run++) {
      const start = performance.now();
      this.outputs = await this.engine.run(this.fed);
      times.push(performance.now() - start);
    }
    return { event: "ran", ms: times };
  }

  private async save(path: string): Promise<Event> {
    const { outputs } = this;
    if (outputs === null) throw new Error("nothing was run");
    const values = this.request.outputs.map((name) => outputs[name].values);
    await this.host.save(path, bytesOf(values));
    return { event: "saved" };
  }

  private async memory(): Promise<Event> {
    const { peakBytes } = await this.host.memory();
    return { event: "memory", before_bytes: this.beforeBytes, peak_bytes: peakBytes };
  }
}

/** All values, one row after the other. */
function bytesOf(rows: readonly Float32Array[]): Uint8Array {
  const all = new Float32Array(rows.reduce((size, row) => size + row.length, 0));
  let place = 0;
  for (const row of rows) {
    all.set(row, place);
    place += row.length;
  }
  return new Uint8Array(all.buffer);
}

/** A file that is in no bundle. */
function unknownArtifact({ model, runtime, inputs, outputs }: BenchmarkRequest): Artifact {
  return {
    file: model,
    format: "",
    recipe: "",
    runtime,
    minimumOs: "",
    sizeBytes: 0,
    sha256: "",
    buckets: null,
    inputs: inputs.map((name) => ({ name, dtype: "int32", shape: [LENGTH] })),
    outputs: outputs.map((name) => ({ name, dtype: "float32", shape: [] })),
    tolerance: { maxAbs: 0, cosine: 1 },
    files: [],
    isPackage: false,
  };
}

function listed(text: string, mark: string): string[] {
  return text
    .split(mark)
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
