import { EdgekitError } from "../edgekit-error.ts";
import type { Answer, AnswerKind, Answers } from "../postprocessing/answer.ts";
import { PostProcessor } from "../postprocessing/post-processor.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Bundle } from "./bundle.ts";
import type { Engine } from "./engine.ts";
import { Inference } from "./inference.ts";
import type { Artifact, Manifest } from "./manifest.ts";
import { Prompter } from "./prompt.ts";
import { SearchIndex, type Hit } from "./search-index.ts";
import { taskNamed } from "./task.ts";

/** An answer, and what it cost: plain data. */
export interface Answered<T extends Answer = Answer> {
  readonly answer: T;
  /** From the texts to the answer, in milliseconds. */
  readonly latencyMs: number;
  /** Of all rows, special ones included. */
  readonly tokens: number;
  /** The largest length at which a row ran. */
  readonly bucket: number;
  /** Rows that were asked; more than one where a passage is long. */
  readonly windows: number;
  /** Tokens of the texts that did not fit. */
  readonly leftOut: number;
}

/** How a model is asked. */
export interface AskOptions {
  /** The most labels, spans or fillers that are kept; the manifest's, unless said otherwise. */
  readonly top?: number | undefined;
  /** Ends the call between two inferences, with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A model as an app uses it: texts in, answers out. One call at a time.
 *
 * ```ts
 * const bundle = await Bundle.open(files);
 * const model = await EdgeModel.open(bundle, bundle.artifact("model-int8.onnx"), engine);
 * const { answer } = await model.answer("Who built it?", passage);
 * ```
 */
export class EdgeModel {
  readonly manifest: Manifest;
  /** The file that the engine has opened. */
  readonly artifact: Artifact;
  private readonly engine: Engine;
  private readonly inference: Inference;
  private readonly prompter: Prompter;
  private readonly postProcessor: PostProcessor;

  private constructor(
    manifest: Manifest,
    tokenizer: Tokenizer,
    artifact: Artifact,
    engine: Engine,
  ) {
    this.manifest = manifest;
    this.artifact = artifact;
    this.engine = engine;
    this.inference = new Inference(artifact, engine, manifest.padId);
    this.prompter = new Prompter(manifest, tokenizer);
    this.postProcessor = new PostProcessor(manifest, tokenizer);
  }

  /**
   * A model of a bundle, whose tokenizer is read here.
   *
   * @param engine has opened the artifact's file, and is closed with the model
   * @throws EdgekitError what {@link Bundle.tokenizer} refuses; UnsupportedTask: it is unknown here
   */
  static async open(bundle: Bundle, artifact: Artifact, engine: Engine): Promise<EdgeModel> {
    return new EdgeModel(bundle.manifest, await bundle.tokenizer(), artifact, engine);
  }

  /** The runtime and its version. */
  get runtime(): string {
    return this.engine.title;
  }

  /** Labels of a text, or of a pair of texts. */
  classify(texts: string | readonly [string, string], options?: AskOptions) {
    const all = typeof texts === "string" ? [texts] : texts;
    return this.expect<"classification">("text-classification", all, options);
  }

  /** Entities in a text, and the label of each word. */
  tag(text: string, options?: AskOptions) {
    return this.expect<"tagging">("token-classification", [text], options);
  }

  /** The piece of a passage that answers a question; a long passage is read in windows. */
  answer(question: string, passage: string, options?: AskOptions) {
    return this.expect<"span">("question-answering", [question, passage], options);
  }

  /** What may stand at each mask of a text. */
  fillMask(text: string, options?: AskOptions) {
    return this.expect<"masks">("fill-mask", [text], options);
  }

  /**
   * A text's vector.
   *
   * @param role of the text, such as `query`: what the manifest has for it stands before the text;
   *   null: the model's default
   */
  embed(text: string, role: string | null = null, options?: AskOptions) {
    return this.expect<"embedding">("sentence-similarity", [text], options, [role]);
  }

  /** How alike two texts are, by one vector each, sparse ones, or one for each token. */
  similarity(first: string, second: string, options?: AskOptions) {
    const { task } = this.manifest;
    const wanted = taskNamed(task).asks === "each" ? task : "sentence-similarity";
    return this.expect<"similarity">(wanted, [first, second], options);
  }

  /** A text's weights over the vocabulary; `role` as {@link embed} has it. */
  sparseEmbedding(text: string, role: string | null = null, options?: AskOptions) {
    return this.expect<"sparse">("sparse-embedding", [text], options, [role]);
  }

  /** A vector for each token of a query or document; `role` as {@link embed} has it. */
  lateInteraction(text: string, role: string | null = null, options?: AskOptions) {
    return this.expect<"vectors">("late-interaction", [text], options, [role]);
  }

  /** A vector for each token of a text. */
  features(text: string, options?: AskOptions) {
    return this.expect<"features">("feature-extraction", [text], options);
  }

  /** The texts of an index that are closest in meaning to a query, the closest first. */
  async search(query: string, index: SearchIndex, options: AskOptions = {}): Promise<Hit[]> {
    const { answer } = await this.embed(query, "query", options);
    return index.search(answer.vector, options.top ?? this.manifest.postprocessing.top);
  }

  /** An index of texts, in their order. */
  async index(texts: readonly string[], options?: AskOptions): Promise<SearchIndex> {
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      const { answer } = await this.embed(text, "document", options);
      vectors.push(answer.vector);
    }
    return new SearchIndex(vectors, this.manifest.similarity);
  }

  /**
   * The answer to whatever the task asks.
   *
   * @param texts one or two, as the task takes them
   * @throws EdgekitError a text that cannot be answered, or a runtime that failed
   */
  ask(texts: readonly string[], options: AskOptions = {}): Promise<Answered> {
    return this.asked(texts, options);
  }

  private async asked(
    texts: readonly string[],
    options: AskOptions,
    roles?: readonly (string | null)[],
  ): Promise<Answered> {
    const start = performance.now();
    const prompt = this.prompter.prompt(texts, roles);
    const outputs = await this.inference.runAll(prompt.rows, options.signal);
    const top = options.top ?? this.manifest.postprocessing.top;
    const answer = this.postProcessor.answer(prompt, outputs, top);
    const lengths = prompt.rows.map(({ ids }) => ids.length);
    return {
      answer,
      latencyMs: performance.now() - start,
      tokens: lengths.reduce((sum, length) => sum + length, 0),
      bucket: Math.max(...lengths.map((length) => this.inference.bucket(length))),
      windows: prompt.rows.length,
      leftOut: prompt.leftOut,
    };
  }

  /** Pays now what the first answer costs more than later ones. */
  async prewarm(): Promise<void> {
    await this.inference.prewarm();
  }

  /** Frees the file's memory. */
  async close(): Promise<void> {
    await this.engine.close();
  }

  private async expect<Kind extends AnswerKind>(
    wanted: string,
    texts: readonly string[],
    options: AskOptions = {},
    roles?: readonly (string | null)[],
  ): Promise<Answered<Answers[Kind]>> {
    const { name, task } = this.manifest;
    if (task !== wanted) {
      throw new EdgekitError(
        "UnsupportedTask",
        `${name} is for ${task}, not ${wanted}: take another bundle`,
      );
    }
    return (await this.asked(texts, options, roles)) as Answered<Answers[Kind]>;
  }
}
