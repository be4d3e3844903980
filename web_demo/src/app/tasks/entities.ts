import { score } from "../dom.ts";
import { percent, say } from "../words.ts";
import { TEXT, type PageOf } from "./page.ts";
import { headline, marked, scores } from "./parts.ts";

const COLOURS = 4;

/** A text with its entities marked, a colour each kind, and the list of them. */
export const ENTITIES: PageOf<"tagging"> = {
  title: "task_token_classification",
  fields: TEXT,
  samples: () => [say("sample_entities")],
  show: ([text = ""], { entities }) => {
    const kinds = [...new Set(entities.map(({ label }) => label))];
    const marks = entities.map(({ label, characters: { start, end } }) => {
      return { start, end, style: `kind-${kinds.indexOf(label) % COLOURS}`, name: label };
    });
    const rows = entities.map((each) => score(`${each.text} (${each.label})`, percent(each.score), each.score));
    return [entities.length === 0 ? headline(say("try_no_entity")) : marked(text, marks), scores(rows)];
  },
  summary: ({ entities }) =>
    entities.map(({ text, label, score: sure }) => `${text} (${label}, ${percent(sure)})`).join("\n") ||
    say("try_no_entity"),
  decision: ({ entities }) => JSON.stringify(entities.map(({ text, label }) => [text, label])),
};
