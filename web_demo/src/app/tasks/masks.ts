import type { Answers } from "../../core/index.ts";
import { button, element } from "../dom.ts";
import { percent, say } from "../words.ts";
import { TEXT, type PageOf } from "./page.ts";
import { marked, type Mark } from "./parts.ts";

type Masks = Answers["masks"]["masks"];
type Filler = Masks[number]["fillers"][number];

/** A text with blanks, and chips of words for each: a touch puts the word in. */
export const MASKS: PageOf<"masks"> = {
  title: "task_fill_mask",
  fields: TEXT,
  hasMask: true,
  samples: (mask) => [say("sample_masked", mask)],
  show: ([text = ""], { masks }) => {
    const chosen = masks.map(({ fillers }) => fillers[0]);
    const whole = element("div", { "aria-live": "polite" }, filled(text, masks, chosen));
    const chips = masks.map(({ fillers }, place) => {
      const choose = (filler: Filler) => {
        chosen[place] = filler;
        whole.replaceChildren(filled(text, masks, chosen));
      };
      const title = element("h2", { class: "label" }, say("try_blank", place + 1));
      return element("div", {}, title, element("div", { class: "chips" }, ...fillers.map((each) => chip(each, choose))));
    });
    return [whole, ...chips];
  },
  summary: ({ masks }) =>
    masks
      .map(({ fillers }) => fillers.map((each) => `${word(each)} (${percent(each.score)})`).join(", "))
      .join("\n"),
  decision: ({ masks }) => JSON.stringify(masks.map(({ fillers }) => fillers[0].token)),
};

function chip(filler: Filler, choose: (filler: Filler) => void): HTMLElement {
  return button(`${word(filler)} ${percent(filler.score)}`, "chip", () => choose(filler));
}

/** The text with a word in each blank, marked. */
function filled(text: string, masks: Masks, fillers: readonly Filler[]): HTMLElement {
  let words = "";
  let from = 0;
  const marks: Mark[] = masks.map(({ characters }, place) => {
    words += text.slice(from, characters.start);
    const start = words.length;
    words += word(fillers[place]);
    from = characters.end;
    return { start, end: words.length };
  });
  return marked(words + text.slice(from), marks);
}

/** An entry of the vocabulary as people write it. */
function word(filler: Filler): string {
  return filler.token.replace(/^[\u0120\u2581]+/, "").replace(/^##/, "");
}
