/** edgekit's library for browsers: a bundle's texts in, answers out. It needs no page. */
export {
  benchmarkRequest,
  CONTRACT_VERSION,
  launch,
  type BenchmarkHost,
  type BenchmarkRequest,
  type MemoryUse,
} from "./benchmark/benchmark-contract.ts";
export {
  latenciesMs,
  measurementToJson,
  type LatencyOptions,
  type Measurement,
} from "./benchmark/measurement.ts";
export { CodePoints, toCodePoints, type CharacterRange } from "./code-points.ts";
export { EdgekitError, type ErrorKind } from "./edgekit-error.ts";
export { JsonObject } from "./json-object.ts";
export { Buckets } from "./model/buckets.ts";
export { Bundle, sha256, type Files } from "./model/bundle.ts";
export { EdgeModel, type Answered, type AskOptions } from "./model/edge-model.ts";
export type { Engine, Inputs, Outputs } from "./model/engine.ts";
export {
  isPerToken,
  LENGTH,
  type Activation,
  type Artifact,
  type FileEntry,
  type Manifest,
  type Postprocessing,
  type Side,
  type TensorSpec,
  type TokenizerFacts,
  type Tolerance,
  type VectorSimilarity,
} from "./model/manifest.ts";
export { SearchIndex, type Hit } from "./model/search-index.ts";
export { taskNamed, type Task } from "./model/task.ts";
export type { Tensor } from "./model/tensor.ts";
export {
  answerToJson,
  type Answer,
  type AnswerKind,
  type Answers,
  type Json,
} from "./postprocessing/answer.ts";
export type { Classification, Label } from "./postprocessing/classification.ts";
export type { Features, TokenVector } from "./postprocessing/features.ts";
export type { FilledMasks, Filler, Mask } from "./postprocessing/fill-mask.ts";
export type { LateInteraction } from "./postprocessing/late-interaction.ts";
export type { QuestionAnswer, Span } from "./postprocessing/question-answering.ts";
export type { Embedding, Similarity } from "./postprocessing/similarity.ts";
export type { SparseEmbedding, Weight } from "./postprocessing/sparse-embedding.ts";
export type { Entity, Tagging } from "./postprocessing/tagging.ts";
export type * from "./screens.ts";
export {
  largestDifference,
  passed,
  reportToJson,
  SelfTest,
  type SelfTestOptions,
  type TestCase,
  type TestPart,
  type TestReport,
} from "./self-test/self-test.ts";
export { BytePairEncoding } from "./tokenizer/byte-pair-encoding.ts";
export { CharacterTables } from "./tokenizer/character-tables.ts";
export { isSpecial, SPECIAL, type Encoding } from "./tokenizer/encoding.ts";
export { Precompiled } from "./tokenizer/precompiled.ts";
export { Tokenizer, type EncodeOptions } from "./tokenizer/tokenizer.ts";
export type { Truncation } from "./tokenizer/truncation.ts";
export { Unigram } from "./tokenizer/unigram.ts";
export { Vocabulary } from "./tokenizer/vocabulary.ts";
export { Windows, type TokenRange } from "./tokenizer/windows.ts";
export { WordPiece } from "./tokenizer/word-piece.ts";
