/** The bundles that the site has, and the way to each. */
import type { EdgekitError, ModelsState } from "../../core/index.ts";
import { readSite } from "../../store/site.ts";
import { element } from "../dom.ts";
import { Frame } from "../frame.ts";
import { ModelCard } from "../model-card.ts";
import { say } from "../words.ts";

/** The screen *Models*. */
export function models(): Frame {
  const frame = new Frame("models_title");
  const cards = element("div", { class: "cards" });
  const empty = element("p", { hidden: true }, say("models_empty"));
  frame.content.classList.add("is-wide");
  frame.content.append(element("p", { class: "detail" }, say("models_intro")), cards, empty, frame.problem);

  const render = (state: ModelsState) => {
    frame.showBusy(state.state === "searching");
    empty.hidden = state.state !== "empty";
    frame.showProblem(state.state === "failed" ? state.error : null);
  };

  const fail = (error: EdgekitError) => render({ state: "failed", error });

  render({ state: "searching" });
  void frame.work(
    fail,
    async () => {
      const site = await readSite();
      const refresh = () => void frame.work(fail, async () => {
        await Promise.all(found.map((card) => card.refresh()));
      });
      const found = await Promise.all(
        site.bundles.map((name) => ModelCard.of(name, site, refresh)),
      );
      refresh();
      cards.replaceChildren(...found.map((card) => card.root));
      const rows = found.flatMap((card) => card.row ?? []);
      render(found.length === 0 ? { state: "empty" } : { state: "found", models: rows, chosen: null });
    },
  );
  return frame;
}
