import type { Classification } from "./classification.ts";
import type { Features } from "./features.ts";
import type { FilledMasks } from "./fill-mask.ts";
import type { LateInteraction } from "./late-interaction.ts";
import type { QuestionAnswer, Span } from "./question-answering.ts";
import type { Embedding, Similarity } from "./similarity.ts";
import type { SparseEmbedding } from "./sparse-embedding.ts";
import type { Entity, Tagging } from "./tagging.ts";

/** What a model's outputs mean: one of these kinds for each kind of task. All are plain data. */
export interface Answers {
  classification: Classification;
  tagging: Tagging;
  span: QuestionAnswer;
  masks: FilledMasks;
  embedding: Embedding;
  similarity: Similarity;
  sparse: SparseEmbedding;
  vectors: LateInteraction;
  features: Features;
}

export type AnswerKind = keyof Answers;

export type Answer = Answers[AnswerKind];

/** What JSON can say. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** The objects that `edgekit run --json` prints and postprocess.json holds, by kind. */
const OBJECTS: { readonly [Kind in AnswerKind]: (answer: Answers[Kind]) => Json } = {
  classification: ({ problemType, labels, chosen }) => ({
    problem_type: problemType,
    labels: labels.map(({ label, index, score }) => ({ label, index, score })),
    chosen,
  }),
  tagging: ({ entities, words }) => ({
    entities: entities.map(entityObject),
    words: words.map(entityObject),
  }),
  span: ({ best, spans, nullScore }) => ({
    best: best === null ? null : spanObject(best),
    spans: spans.map(spanObject),
    null_score: nullScore,
  }),
  masks: ({ masks }) => ({
    masks: masks.map(({ start, end, fillers }) => ({
      start,
      end,
      fillers: fillers.map(({ tokenId, token, score }) => ({ token_id: tokenId, token, score })),
    })),
  }),
  embedding: ({ vector }) => ({ vector: [...vector] }),
  similarity: ({ similarity }) => ({ similarity }),
  sparse: ({ weights, nonzero }) => ({
    weights: weights.map(({ token, index, weight }) => ({ token, index, weight })),
    nonzero,
  }),
  vectors: ({ vectors }) => ({ vectors: vectors.map((vector) => [...vector]) }),
  features: ({ tokens }) => ({
    tokens: tokens.map(({ text, start, end, vector }) => ({
      text,
      start,
      end,
      vector: [...vector],
    })),
  }),
};

/** The object that `edgekit run --json` prints and postprocess.json holds. */
export function answerToJson<Kind extends AnswerKind>(
  answer: Answers[Kind] & { kind: Kind },
): Json {
  return OBJECTS[answer.kind](answer);
}

function entityObject({ label, text, start, end, score }: Entity): Json {
  return { label, text, start, end, score };
}

function spanObject({ text, start, end, score, probability }: Span): Json {
  return { text, start, end, score, probability };
}
