import type { Answers } from "../../core/index.ts";
import { element, score } from "../dom.ts";
import { percent, say } from "../words.ts";
import type { PageOf } from "./page.ts";
import { headline, marked, scores } from "./parts.ts";

/** A passage, a question, the passage with its answer marked, and the best spans. */
export const QUESTION: PageOf<"span"> = {
  title: "task_question_answering",
  fields: [
    { label: "try_question", rows: 1 },
    { label: "try_passage", rows: 4 },
  ],
  lastFirst: true,
  samples: () => [say("sample_question"), say("sample_passage")],
  show: ([, passage = ""], answer) => [
    element("h2", { class: "label" }, say("try_answer")),
    headline(best(answer)),
    marked(passage, answer.best === null ? [] : [answer.best.characters]),
    element("h2", { class: "label" }, say("try_spans")),
    scores(answer.spans.map((span) => score(span.text, percent(span.probability), span.probability))),
  ],
  summary: (answer) => best(answer) + (answer.best === null ? "" : ` (${percent(answer.best.probability)})`),
  decision: (answer) => answer.best?.text ?? "",
};

function best(answer: Answers["span"]): string {
  return answer.best?.text ?? say("try_no_answer");
}
