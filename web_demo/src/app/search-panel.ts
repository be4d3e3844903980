/** A search by meaning over the app's own sentences. */
import type { Remote } from "../worker/calls.ts";
import type { ModelCalls } from "../worker/model.ts";
import { button, element, fillMeter, labelled, meter, score } from "./dom.ts";
import parts from "./sentences.json" with { type: "json" };
import { digits, say } from "./words.ts";

/** Ten times ten times ten parts make 1,000 sentences. */
const SENTENCES = parts.who.flatMap((who) =>
  parts.what.flatMap((what) => parts.where.map((where) => say("search_sentence", who, what, where))),
);

/** The panel; `run` shows that the model works, and what goes wrong. */
export class SearchPanel {
  readonly root: HTMLElement;
  private readonly model: Remote<ModelCalls>;
  private readonly state = element("p", { class: "detail", role: "status" }, say("search_intro"));
  private readonly bar = meter(0);
  private readonly query = element("input", { class: "field", type: "search", value: say("sample_query") });
  private readonly hits = element("ul", { "aria-live": "polite" });
  private readonly index: HTMLButtonElement;
  private readonly go: HTMLButtonElement;

  constructor(model: Remote<ModelCalls>, run: (use: () => Promise<void>) => void) {
    this.model = model;
    this.index = button(say("search_index"), "filled", () => run(() => this.indexAll()));
    this.go = button(say("search_go"), "filled", () => run(() => this.search()));
    this.go.disabled = true;
    this.bar.classList.add("is-idle");
    this.root = element(
      "section",
      { class: "section" },
      element("h2", { class: "headline" }, say("search_title")),
      this.state,
      this.bar,
      element("div", { class: "flow" }, this.index),
      labelled(say("search_query"), this.query, "query"),
      element("div", { class: "flow" }, this.go),
      this.hits,
    );
  }

  private async indexAll(): Promise<void> {
    const start = performance.now();
    this.bar.classList.remove("is-idle");
    try {
      await this.model.call("indexTexts", SENTENCES, (done) => fillMeter(this.bar, done / SENTENCES.length));
    } finally {
      this.bar.classList.add("is-idle");
    }
    const seconds = digits((performance.now() - start) / 1000, 1);
    this.state.textContent = say("search_ready", SENTENCES.length, seconds);
    this.index.disabled = true; // hidden it would move what is below
    this.go.disabled = false;
  }

  private async search(): Promise<void> {
    const hits = await this.model.call("search", this.query.value);
    this.hits.replaceChildren(
      ...hits.map(({ index, score: close }) => score(SENTENCES[index], digits(close, 3), close)),
    );
  }
}
