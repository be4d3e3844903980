import type { EdgekitError } from "./edgekit-error.ts";
import type { Answered } from "./model/edge-model.ts";
import type { Artifact } from "./model/manifest.ts";
import type { TestCase, TestReport } from "./self-test/self-test.ts";

/** A bundle in an app's list. */
export interface ModelRow {
  readonly bundle: string;
  readonly task: string;
  readonly files: readonly Artifact[];
  readonly license: string | null;
  readonly origin: string;
  readonly hasRandomWeights: boolean;
}

/** What each screen shows when something went wrong. */
interface Failed {
  readonly state: "failed";
  readonly error: EdgekitError;
}

/** What the list of models shows. */
export type ModelsState =
  | { readonly state: "searching" }
  | {
      readonly state: "found";
      readonly models: readonly ModelRow[];
      readonly chosen: string | null;
    }
  /** Nothing is there yet: import one. */
  | { readonly state: "empty" }
  | { readonly state: "importing"; readonly name: string; readonly doneBytes: number }
  | Failed;

/** What the screen shows on which a model is tried. */
export type TryState =
  | { readonly state: "no model" }
  /** The file is fetched and opened, which takes long the first time. */
  | { readonly state: "preparing"; readonly bundle: string; readonly file: string }
  | {
      readonly state: "ready";
      readonly bundle: string;
      readonly file: string;
      readonly runtime: string;
    }
  | { readonly state: "running"; readonly bundle: string; readonly file: string }
  | { readonly state: "done"; readonly texts: readonly string[]; readonly result: Answered }
  | Failed;

/** What the self-test shows. */
export type SelfTestState =
  | { readonly state: "idle" }
  | { readonly state: "running"; readonly cases: readonly TestCase[] }
  | { readonly state: "done"; readonly report: TestReport }
  | Failed;

/** What the comparison of two files shows. */
export type CompareState =
  | { readonly state: "choosing"; readonly files: readonly Artifact[] }
  | { readonly state: "running"; readonly first: string; readonly second: string }
  | { readonly state: "done"; readonly first: Answered; readonly second: Answered }
  | Failed;

/** What the benchmark shows. */
export type BenchmarkState =
  | { readonly state: "choosing"; readonly files: readonly Artifact[] }
  | {
      readonly state: "running";
      readonly file: string;
      readonly done: number;
      readonly of: number;
    }
  | { readonly state: "done"; readonly file: string; readonly latenciesMs: readonly number[] }
  | Failed;
