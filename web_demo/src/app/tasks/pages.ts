import { ENTITIES } from "./entities.ts";
import { FEATURES } from "./features.ts";
import { LABELS } from "./labels.ts";
import { MASKS } from "./masks.ts";
import type { TaskPage } from "./page.ts";
import { pairs } from "./pairs.ts";
import { QUESTION } from "./question.ts";

/** By the manifest's name of a task. Each is given the kinds of answers that its task has. */
const PAGES = {
  "question-answering": QUESTION,
  "text-classification": LABELS,
  "token-classification": ENTITIES,
  "fill-mask": MASKS,
  "sentence-similarity": pairs("task_sentence_similarity"),
  "sparse-embedding": pairs("task_sparse_embedding"),
  "late-interaction": pairs("task_late_interaction"),
  "feature-extraction": FEATURES,
};

/** The page of a manifest's task; null for one of a later edgekit. */
export function taskPage(task: string): TaskPage | null {
  return task in PAGES ? (PAGES[task as keyof typeof PAGES] as unknown as TaskPage) : null;
}
