import type { Bundle } from "../model/bundle.ts";
import type { Engine } from "../model/engine.ts";
import { emptyInputs } from "../model/inference.ts";
import type { Artifact } from "../model/manifest.ts";
import type { Json } from "../postprocessing/answer.ts";

/** The version of results.jsonl. */
const SCHEMA = "1.0";

/** How latencies are taken. */
export interface LatencyOptions {
  /** Tokens of each inference. */
  readonly length: number;
  /** Inferences before the first that counts. */
  readonly warmUp: number;
  /** Inferences that count. */
  readonly runs: number;
  /** Is told how many of those are done. */
  readonly progress?: ((done: number) => void) | undefined;
  /** Ends it between two inferences, with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Latencies of single inferences of a full row, in the order they were taken, in milliseconds.
 *
 * @param engine has opened the artifact's file
 */
export async function latenciesMs(
  artifact: Artifact,
  engine: Engine,
  options: LatencyOptions,
): Promise<number[]> {
  const { length, warmUp, runs, progress, signal } = options;
  const inputs = emptyInputs(artifact, length);
  const latencies: number[] = [];
  for (let run = -warmUp; run < runs; run++) {
    signal?.throwIfAborted();
    const start = performance.now();
    await engine.run(inputs);
    if (run < 0) continue;
    latencies.push(performance.now() - start);
    progress?.(latencies.length);
  }
  return latencies;
}

/**
 * Warm inferences of one file in an app, as `edgekit report` reads them.
 *
 * Golden texts were not compared, and nothing watched the machine: the report says so.
 */
export interface Measurement {
  /** In which the file was opened, with its version. */
  readonly runtime: string;
  /** The machine in one line; only on the same one are measurements compared. */
  readonly machine: string;
  /** Of the runtime. */
  readonly threads: number;
  /** Tokens of each inference. */
  readonly length: number;
  /** When, as ISO 8601 has it. */
  readonly started: string;
  /** Inferences before the first that counts. */
  readonly warmUp: number;
  /** Of single inferences, in the order they were taken, in milliseconds. */
  readonly latenciesMs: readonly number[];
}

/** One line of results.jsonl. */
export function measurementToJson(
  { manifest, sha256 }: Bundle,
  artifact: Artifact,
  measurement: Measurement,
): Json {
  const { machine, threads, length } = measurement;
  return {
    schema_version: SCHEMA,
    subject: {
      model: manifest.name,
      bundle: manifest.name,
      bundle_id: sha256,
      file: artifact.file,
      format: artifact.format,
      recipe: artifact.recipe,
      runtime: measurement.runtime,
      size_bytes: artifact.sizeBytes,
      parameters: manifest.parameters,
      random_weights: manifest.hasRandomWeights,
    },
    conditions: { device: "browser", machine, threads, length },
    environment: { measured_by: "app" },
    started: measurement.started,
    padded_to: length,
    warm_up: measurement.warmUp,
    latency_ms: measurement.latenciesMs,
    warnings: ["unproven"],
  };
}
