import type { Answers } from "../../core/index.ts";
import { score } from "../dom.ts";
import { digits, percent, say } from "../words.ts";
import { PAIR, type PageOf } from "./page.ts";
import { headline, scores } from "./parts.ts";

type Classification = Answers["classification"];
type Label = Classification["labels"][number];

/** A text or two, and a bar for each label. */
export const LABELS: PageOf<"classification"> = {
  title: "task_text_classification",
  fields: PAIR,
  isSecondOptional: true,
  samples: () => [say("sample_review"), ""],
  show: (_, answer) => [
    headline(chosen(answer)),
    scores(answer.labels.map((each) => score(each.label, value(answer, each), isRegression(answer) ? 0 : each.score))),
  ],
  summary: (answer) => {
    const rows = answer.labels.map((each) => `${each.label}: ${value(answer, each)}`);
    return [chosen(answer), ...rows].filter((row) => row !== null).join("\n");
  },
  decision: (answer) => JSON.stringify(answer.chosen),
};

function chosen(answer: Classification): string | null {
  if (isRegression(answer)) return null;
  return answer.chosen.length === 0 ? say("try_none_chosen") : say("try_chosen", answer.chosen.join(", "));
}

function value(answer: Classification, label: Label): string {
  return isRegression(answer) ? digits(label.score, 3) : percent(label.score);
}

function isRegression(answer: Classification): boolean {
  return answer.problemType === "regression";
}
