import type { Role } from "./role.ts";

/** A file of the bundle. */
export interface FileEntry {
  /** Its path in the bundle, with forward slashes. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What makes scores of logits. */
export type Activation = "softmax" | "sigmoid" | "identity";

/** An end of a text. */
export type Side = "left" | "right";

export const SIDES: readonly Side[] = ["left", "right"];

/** How two vectors are compared: the larger, the more alike. */
export type VectorSimilarity = "cosine" | "dot" | "euclidean" | "manhattan";

/**
 * What manifest.json says of a bundle, as far as an app needs it (docs/bundle.md has all of it).
 *
 * It and all that hangs on it is plain data, which a worker and a page can send each other.
 */
export interface Manifest {
  readonly edgekitVersion: string;
  /** For people, and unique among an app's bundles. */
  readonly name: string;
  /** Such as `question-answering`. */
  readonly task: string;
  /** What the logits of a text classification mean; null for other tasks. */
  readonly problemType: string | null;
  /** In the order of the logits; empty where the task has none. */
  readonly labels: readonly string[];
  /** Whether the weights are from a seed: good for speed, never for answers. */
  readonly hasRandomWeights: boolean;
  /** Of the checkpoint, as its makers name it. */
  readonly license: string | null;
  /** Of the checkpoint: a folder, or its name on the hub. */
  readonly origin: string;
  /** How many numbers the checkpoint has. */
  readonly parameters: number;
  /** Tokens that the model takes, special ones included. */
  readonly maxLength: number;
  readonly padId: number;
  /** What is put before a text by its role, such as `query` and `document`. */
  readonly prompts: ReadonlyMap<string, string>;
  /** Which of the prompts stands before a text without a role; null: none. */
  readonly defaultPromptName: string | null;
  /** What a text's role decides of its row; empty: nothing. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly similarity: VectorSimilarity;
  readonly postprocessing: Postprocessing;
  /** Null for a bundle without one. */
  readonly tokenizer: TokenizerFacts | null;
  readonly golden: FileEntry;
  /** Null where there is no tokenizer. */
  readonly postprocess: FileEntry | null;
  readonly artifacts: readonly Artifact[];
  /** Every file that the manifest names, but packages, which are folders. */
  readonly files: readonly FileEntry[];
}

/** One exported model. */
export interface Artifact {
  readonly file: string;
  readonly format: string;
  readonly recipe: string;
  /** What opens it, in small letters: `onnxruntime`, `litert`, `executorch`. */
  readonly runtime: string;
  readonly minimumOs: string;
  /** Of all its files together. */
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Lengths that it takes, ascending; null: any up to the model's. */
  readonly buckets: readonly number[] | null;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly tolerance: Tolerance;
  /** Its own file, and one with its weights, where they lie beside it. */
  readonly files: readonly FileEntry[];
  /** Whether it is a folder, which only Apple's systems open. */
  readonly isPackage: boolean;
}

/** What a file was held against when it was made, and an app holds it against again. */
export interface Tolerance {
  /** The largest absolute difference, as a share of the output's scale. */
  readonly maxAbs: number;
  /** The least cosine similarity. */
  readonly cosine: number;
}

/** One input or output. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: string;
  /** Without the batch axis; {@link LENGTH} stands for the number of tokens. */
  readonly shape: readonly number[];
}

/** Where a shape has the number of tokens. */
export const LENGTH = -1;

/** Whether a tensor has values for each token. */
export function isPerToken(spec: TensorSpec): boolean {
  return spec.shape.includes(LENGTH);
}

/** Settings of the post-processing. */
export interface Postprocessing {
  /** From a classifier's logits to scores. */
  readonly activation: Activation;
  /** Of a score that is chosen where labels stand for themselves; null: the best. */
  readonly threshold: number | null;
  /** By how much no answer has to beat the best span; null: always answer. */
  readonly nullThreshold: number | null;
  /** Of a span. */
  readonly maxAnswerTokens: number;
  /** How many results are kept. */
  readonly top: number;
}

/** The tokenizer's files, and how texts are cut. */
export interface TokenizerFacts {
  readonly kind: string;
  /** Ids by role, such as `mask_token`. */
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly truncationSide: Side;
  readonly settings: FileEntry;
  readonly vocabulary: FileEntry;
  readonly files: readonly FileEntry[];
}
