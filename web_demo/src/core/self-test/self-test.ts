import { EdgekitError } from "../edgekit-error.ts";
import type { Bundle } from "../model/bundle.ts";
import type { Engine } from "../model/engine.ts";
import { Inference } from "../model/inference.ts";
import type { Artifact, Manifest } from "../model/manifest.ts";
import { Prompter } from "../model/prompt.ts";
import { roleNamed, shaped } from "../model/role.ts";
import { CodePoints } from "../code-points.ts";
import { answerToJson, type Answer, type Json } from "../postprocessing/answer.ts";
import { PostProcessor } from "../postprocessing/post-processor.ts";
import { attentionOf, type Encoding } from "../tokenizer/encoding.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { difference } from "./differences.ts";
import { goldenCases, type GoldenCase } from "./golden.ts";
import { distanceOf, isWithin } from "./output-distance.ts";
import {
  postprocessVectors,
  type PostprocessCase,
  type PostprocessVectors,
} from "./postprocess-case.ts";

/** What a case tests. */
export type TestPart = "tokenizer" | "outputs" | "postprocessing";

/** The result of one case. */
export interface TestCase {
  readonly part: TestPart;
  readonly name: string;
  /** The first difference from what the bundle says; null: there is none. */
  readonly difference: string | null;
  /** Of outputs, the largest difference relative to PyTorch's largest value. */
  readonly maxAbs: number | null;
}

/** The results of a whole bundle. */
export interface TestReport {
  readonly bundle: string;
  /** The file whose outputs were compared; null: none. */
  readonly artifact: string | null;
  /** In which it was opened. */
  readonly runtime: string | null;
  readonly cases: readonly TestCase[];
}

/** How a self-test runs. */
export interface SelfTestOptions {
  /** The file that the engine has opened; without both no outputs are compared. */
  readonly artifact?: Artifact | undefined;
  readonly engine?: Engine | undefined;
  /** Is told each result as soon as it is there. */
  readonly progress?: ((result: TestCase) => void) | undefined;
  /** Ends it between two cases, with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether a bundle passed. */
export function passed(report: TestReport): boolean {
  return report.cases.every((each) => each.difference === null);
}

/** The largest difference of an output; null where none was compared. */
export function largestDifference(report: TestReport): number | null {
  const found = report.cases.map(({ maxAbs }) => maxAbs).filter((maxAbs) => maxAbs !== null);
  return found.length === 0 ? null : Math.max(...found);
}

/** All of a report as one object, to be shared. */
export function reportToJson(report: TestReport): Json {
  return {
    bundle: report.bundle,
    artifact: report.artifact,
    runtime: report.runtime,
    passed: passed(report),
    max_abs: largestDifference(report),
    cases: report.cases.map((each) => ({
      part: each.part,
      name: each.name,
      passed: each.difference === null,
      difference: each.difference,
      max_abs: each.maxAbs,
    })),
  };
}

/**
 * A bundle tests itself where the app runs: golden.json through the tokenizer and a file, and
 * postprocess.json through the post-processing.
 */
export class SelfTest {
  private readonly bundle: Bundle;

  constructor(bundle: Bundle) {
    this.bundle = bundle;
  }

  /**
   * Runs every case. What fails in a case is told of that case.
   *
   * @throws EdgekitError the bundle's files cannot be read
   */
  async run(options: SelfTestOptions = {}): Promise<TestReport> {
    const { artifact, engine, progress, signal } = options;
    const { manifest } = this.bundle;
    const cases: TestCase[] = [];
    for await (const each of this.cases(artifact, engine)) {
      signal?.throwIfAborted();
      cases.push(each);
      progress?.(each);
    }
    const runtime = engine?.title ?? null;
    return { bundle: manifest.name, artifact: artifact?.file ?? null, runtime, cases };
  }

  private async *cases(artifact?: Artifact, engine?: Engine): AsyncGenerator<TestCase> {
    const { manifest } = this.bundle;
    const golden = await this.bundle.readJson(manifest.golden.file, goldenCases);
    for (const each of golden) {
      if (each.texts !== null) {
        yield tokenized(each, each.texts, await this.bundle.tokenizer(), manifest.roles);
      }
      if (artifact !== undefined && engine !== undefined) {
        const inference = new Inference(artifact, engine, manifest.padId);
        yield await compared(each, inference, artifact);
      }
    }
    const vectors = await this.vectors();
    if (vectors !== null) yield* this.postprocessing(vectors, await this.bundle.tokenizer());
  }

  private *postprocessing(vectors: PostprocessVectors, tokenizer: Tokenizer): Generator<TestCase> {
    const prompter = new Prompter(this.bundle.manifest, tokenizer, vectors.maxLength);
    for (const each of vectors.cases) {
      const other = told(
        () =>
          otherRows(prompter.prompt(each.texts).rows, each.rows) ??
          difference(answerToJson(this.answerTo(each, tokenizer)), each.answer, vectors.tolerance),
      );
      yield { part: "postprocessing", name: each.name, difference: other, maxAbs: null };
    }
  }

  private async vectors(): Promise<PostprocessVectors | null> {
    const { postprocess } = this.bundle.manifest;
    return postprocess === null ? null : this.bundle.readJson(postprocess.file, postprocessVectors);
  }

  private answerTo(each: PostprocessCase, tokenizer: Tokenizer): Answer {
    const texts = each.texts.map((text) => new CodePoints(text));
    const prompt = { texts, rows: each.rows, leftOut: 0 };
    return new PostProcessor(this.bundle.manifest, tokenizer).answer(
      prompt,
      each.outputs,
      each.top,
    );
  }
}

function tokenized(
  each: GoldenCase,
  texts: readonly string[],
  tokenizer: Tokenizer,
  roles: Manifest["roles"],
): TestCase {
  const { maxLength, strategy, side, role, offsets } = each;
  const other = told(() => {
    const plain = tokenizer.encode(texts, { maxLength, strategy, side });
    const row = role === null ? plain : shaped(plain, roleNamed(roles, role));
    return (
      firstOther("id", row.ids, each.ids) ??
      firstOther("attention", attentionOf(row), each.attentionMask) ??
      firstOther("type id", row.typeIds, each.typeIds) ??
      (offsets &&
        firstOther(
          "start",
          row.starts,
          offsets.map(([start]) => start),
        )) ??
      (offsets &&
        firstOther(
          "end",
          row.ends,
          offsets.map(([, end]) => end),
        ))
    );
  });
  return { part: "tokenizer", name: each.name, difference: other, maxAbs: null };
}

async function compared(
  each: GoldenCase,
  inference: Inference,
  artifact: Artifact,
): Promise<TestCase> {
  const { ids, typeIds, attentionMask } = each;
  const zeros = new Int32Array(ids.length);
  const places = { starts: zeros, ends: zeros, sequenceIds: zeros, wordIds: zeros };
  const row = { ids, typeIds, ...places, attentionMask, skipped: [] };
  try {
    const distance = distanceOf(await inference.run(row), each, artifact.outputs);
    const other = isWithin(distance, artifact.tolerance)
      ? null
      : `max abs ${distance.maxAbs}, cosine ${distance.cosine}`;
    return { part: "outputs", name: each.name, difference: other, maxAbs: distance.maxAbs };
  } catch (error) {
    return { part: "outputs", name: each.name, difference: messageOf(error), maxAbs: null };
  }
}

/** What is known of tokens, by its name for people. */
const COLUMNS: readonly (readonly [string, (row: Encoding) => ArrayLike<number>])[] = [
  ["id", (row) => row.ids],
  ["attention", attentionOf],
  ["type id", (row) => row.typeIds],
  ["start", (row) => row.starts],
  ["end", (row) => row.ends],
  ["text", (row) => row.sequenceIds],
  ["word", (row) => row.wordIds],
];

function otherRows(found: readonly Encoding[], expected: readonly Encoding[]): string | null {
  if (found.length !== expected.length) return `${found.length} rows, not ${expected.length}`;
  const others = found.flatMap((row, index) => otherColumns(row, expected[index]));
  return others.find((other) => other !== null) ?? null;
}

function otherColumns(found: Encoding, expected: Encoding): (string | null)[] {
  const isSame = found.skipped.join() === expected.skipped.join();
  const others = COLUMNS.map(([name, column]) => firstOther(name, column(found), column(expected)));
  return [...others, isSame ? null : "other tokens count"];
}

function firstOther(
  what: string,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
): string | null {
  if (found.length !== expected.length) return `${found.length} tokens, not ${expected.length}`;
  for (let place = 0; place < found.length; place++) {
    if (found[place] !== expected[place]) {
      return `${what} of token ${place} is ${found[place]}, not ${expected[place]}`;
    }
  }
  return null;
}

function told(test: () => string | null): string | null {
  try {
    return test();
  } catch (error) {
    return messageOf(error);
  }
}

/** What this library refused, in words; all else is no result of a test. */
function messageOf(error: unknown): string {
  if (error instanceof EdgekitError) return error.message;
  throw error;
}
