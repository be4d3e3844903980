import { EdgekitError } from "../edgekit-error.ts";

/** How the texts of one question become rows of ids. */
export type Asks = "together" | "each" | "in windows";

/** What a model is for, and so how it is asked. */
export interface Task {
  /** As manifests name it. */
  readonly title: string;
  /** The least and the most texts of one question. */
  readonly counts: readonly [number, number];
  readonly asks: Asks;
}

const TASKS: readonly Task[] = [
  { title: "question-answering", counts: [2, 2], asks: "in windows" },
  { title: "text-classification", counts: [1, 2], asks: "together" },
  { title: "token-classification", counts: [1, 1], asks: "together" },
  { title: "fill-mask", counts: [1, 1], asks: "together" },
  { title: "sentence-similarity", counts: [1, 2], asks: "each" },
  { title: "sparse-embedding", counts: [1, 2], asks: "each" },
  { title: "late-interaction", counts: [1, 2], asks: "each" },
  { title: "feature-extraction", counts: [1, 1], asks: "together" },
];

/**
 * The task of that title.
 *
 * @throws EdgekitError UnsupportedTask: it is of a later edgekit
 */
export function taskNamed(title: string): Task {
  const found = TASKS.find((each) => each.title === title);
  if (found === undefined) {
    throw new EdgekitError(
      "UnsupportedTask",
      `this library has no task ${title}: update it, or convert for another task`,
    );
  }
  return found;
}

/** The roles of the texts of one question; null: none. */
export function rolesOf(task: Task, count: number): readonly (string | null)[] {
  const pair = task.title === "late-interaction" && count === 2;
  return pair ? ["query", "document"] : Array<null>(count).fill(null);
}

/** How many texts a task takes, in words. */
export function wanted(task: Task): string {
  const [least, most] = task.counts;
  if (least !== most) return "one or two texts";
  return least === 1 ? "one text" : "two texts";
}
