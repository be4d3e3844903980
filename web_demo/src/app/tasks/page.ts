/** What the screens *Try* and *Compare* show for one task. */
import type { Answers, AnswerKind, Answer } from "../../core/index.ts";
import type { Word } from "../words.ts";

/** A field of a task's form. */
export interface Field {
  readonly label: Word;
  /** How many lines are shown of it. */
  readonly rows: number;
}

/** One task. */
export interface TaskPage<Shown extends Answer = Answer> {
  /** The task's name for people. */
  readonly title: Word;
  /** In the order in which the task takes the texts. */
  readonly fields: readonly Field[];
  /** Whether the last field stands before the others: a passage before its question. */
  readonly lastFirst?: boolean;
  /** Whether a text is asked about even where the second one is empty. */
  readonly isSecondOptional?: boolean;
  /** Whether a sign for a blank can be put into the text. */
  readonly hasMask?: boolean;

  /** Texts to try; `mask` is the tokenizer's sign for a blank. */
  samples(mask: string): readonly string[];

  /** What an answer looks like. */
  show(texts: readonly string[], answer: Shown): readonly HTMLElement[];

  /** An answer in a line or two. */
  summary(answer: Shown): string;

  /** What is decided, whatever the scores; null where nothing is. */
  decision(answer: Shown): string | null;
}

/** A page whose answers are of some kinds. */
export type PageOf<Kind extends AnswerKind> = TaskPage<Answers[Kind]>;

/** A text, or two of which the second may be empty. */
export const TEXT: readonly Field[] = [{ label: "try_text", rows: 3 }];
export const PAIR: readonly Field[] = [
  { label: "try_first", rows: 2 },
  { label: "try_second", rows: 2 },
];
