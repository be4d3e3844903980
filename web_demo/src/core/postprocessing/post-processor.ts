import { EdgekitError } from "../edgekit-error.ts";
import type { RowOutputs } from "../model/inference.ts";
import type { Manifest } from "../model/manifest.ts";
import type { Prompt } from "../model/prompt.ts";
import type { Tensor } from "../model/tensor.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Answer } from "./answer.ts";
import { classified } from "./classification.ts";
import { featuresOf } from "./features.ts";
import { MaskFiller } from "./fill-mask.ts";
import { maxSim, tokenVectors } from "./late-interaction.ts";
import { Outputs } from "./outputs.ts";
import { QuestionAnswering } from "./question-answering.ts";
import { similarityOf } from "./similarity.ts";
import { sparseEmbedding } from "./sparse-embedding.ts";
import { Tagger } from "./tagging.ts";

/** What an answer is made of. */
interface Asked {
  readonly prompt: Prompt;
  readonly outputs: Outputs;
  /** The most spans, labels or fillers that are kept. */
  readonly top: number;
}

/** From a model's outputs to its answer, as the manifest's task has it. */
export class PostProcessor {
  private readonly manifest: Manifest;
  private readonly tokenizer: Tokenizer;
  private readonly tasks: Readonly<Record<string, (asked: Asked) => Answer>> = {
    "question-answering": (asked) => this.span(asked),
    "text-classification": (asked) => this.label(asked),
    "token-classification": (asked) => this.tag(asked),
    "fill-mask": (asked) => this.fill(asked),
    "sentence-similarity": (asked) => this.embed(asked),
    "sparse-embedding": (asked) => this.weigh(asked),
    "late-interaction": (asked) => this.match(asked),
    "feature-extraction": ({ prompt, outputs }) =>
      featuresOf(outputs.perToken("last_hidden_state")[0], prompt.rows[0], prompt.texts[0]),
  };

  constructor(manifest: Manifest, tokenizer: Tokenizer) {
    this.manifest = manifest;
    this.tokenizer = tokenizer;
  }

  /**
   * The answer to a prompt.
   *
   * @param outputs of each row of the prompt
   * @param top the most spans, labels or fillers that are kept
   * @throws EdgekitError NoMask: nothing is to be filled; RuntimeFailed: an output is missing, or
   *   of another shape
   */
  answer(prompt: Prompt, outputs: readonly RowOutputs[], top: number): Answer {
    const asked = { prompt, outputs: new Outputs(prompt.rows, outputs), top };
    return this.tasks[this.manifest.task](asked);
  }

  private span({ prompt, outputs, top }: Asked): Answer {
    const starts = outputs.perToken("start_logits");
    const ends = outputs.perToken("end_logits");
    const windows = prompt.rows.map((row, index) => ({
      row,
      startLogits: starts[index].values,
      endLogits: ends[index].values,
    }));
    const { postprocessing } = this.manifest;
    return new QuestionAnswering(postprocessing, this.tokenizer.marks).answer(
      windows,
      prompt.texts[1],
      top,
    );
  }

  private label({ outputs, top }: Asked): Answer {
    const { problemType, labels: names, postprocessing } = this.manifest;
    return classified(
      outputs.vectors("logits", names.length)[0].values,
      { problemType: problemType ?? "single_label_classification", names, postprocessing },
      top,
    );
  }

  private tag({ prompt, outputs }: Asked): Answer {
    const { labels } = this.manifest;
    return new Tagger(labels, this.tokenizer.marks).tag(
      outputs.perToken("logits", labels.length)[0],
      prompt.rows[0],
      prompt.texts[0],
    );
  }

  private fill({ prompt, outputs, top }: Asked): Answer {
    const maskId = this.manifest.tokenizer?.specialTokens.get("mask_token");
    if (maskId === undefined) {
      throw new EdgekitError(
        "UnsupportedTask",
        "the bundle's tokenizer has no mask token: masks cannot be filled",
      );
    }
    return new MaskFiller(maskId, (id) => this.tokenizer.token(id)).fill(
      outputs.perToken("logits")[0],
      prompt.rows[0],
      prompt.texts[0],
      top,
    );
  }

  private embed({ outputs }: Asked): Answer {
    const rows = outputs.vectors("sentence_embedding");
    return rows.length === 1 ? { kind: "embedding", vector: rows[0].values } : this.compare(rows);
  }

  private weigh({ outputs, top }: Asked): Answer {
    const rows = outputs.vectors("sparse_embedding");
    if (rows.length > 1) return this.compare(rows);
    return sparseEmbedding(rows[0].values, (id) => this.tokenizer.token(id), top);
  }

  private match({ prompt, outputs }: Asked): Answer {
    const [first, second] = outputs
      .perToken("token_embeddings")
      .map((values, text) => tokenVectors(values, prompt.rows[text]));
    return second === undefined ? first : maxSim(first, second);
  }

  private compare([first, second]: readonly Tensor[]): Answer {
    return similarityOf(first.values, second.values, this.manifest.similarity);
  }
}
