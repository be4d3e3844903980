/** The bundles that the site has and those that were added, and the way to each. */
import type { ModelsState } from "../../core/index.ts";
import { importedNames } from "../../store/imported.ts";
import { nameOf, type Picked } from "../../store/picked.ts";
import { readSite } from "../../store/site.ts";
import { element } from "../dom.ts";
import { Frame } from "../frame.ts";
import { importButtons } from "../import-buttons.ts";
import { Loading } from "../loading.ts";
import { ModelCard } from "../model-card.ts";
import { say, size } from "../words.ts";

/** The screen *Models*. */
export function models(): Frame {
  const frame = new Frame("models_title");
  const screen = new Models(frame);
  void screen.work(() => screen.list());
  return frame;
}

class Models {
  private readonly frame: Frame;
  private readonly cards = element("div", { class: "cards" });
  private readonly empty = element("p", { hidden: true }, say("models_empty"));
  private readonly state = element("p", { class: "detail timing", role: "status" });
  private readonly adding = importButtons((picked) => void this.work(() => this.add(picked)));

  constructor(frame: Frame) {
    this.frame = frame;
    frame.content.classList.add("is-wide");
    const intro = element("p", { class: "detail" }, say("models_intro"));
    frame.content.append(intro, this.cards, this.empty, this.adding, this.state, frame.problem);
    this.render({ state: "searching" });
  }

  /** Starts work of this screen. */
  work(block: () => Promise<void>): Promise<void> {
    return this.frame.work((error) => this.render({ state: "failed", error }), block);
  }

  /** Shows a card for each bundle. */
  async list(): Promise<void> {
    const [site, imported] = await Promise.all([readSite(), importedNames().catch(() => [])]);
    const refresh = () => void this.work(async () => void (await Promise.all(found.map((card) => card.refresh()))));
    const list = () => void this.work(() => this.list());
    const found = await Promise.all([
      ...site.bundles.map((name) => ModelCard.of(name, site, refresh)),
      ...imported.map((name) => ModelCard.of(name, site, refresh, list)),
    ]);
    refresh();
    this.cards.replaceChildren(...found.map((card) => card.root));
    const rows = found.flatMap((card) => card.row ?? []);
    this.render(found.length === 0 ? { state: "empty" } : { state: "found", models: rows, chosen: null });
  }

  private async add(picked: Picked): Promise<void> {
    const name = nameOf(picked);
    this.render({ state: "importing", name, doneBytes: 0 });
    await Loading.keep(picked, (doneBytes) => this.render({ state: "importing", name, doneBytes }));
    await this.list();
  }

  private render(state: ModelsState): void {
    this.frame.showBusy(state.state === "searching" || state.state === "importing");
    this.empty.hidden = state.state !== "empty";
    this.frame.showProblem(state.state === "failed" ? state.error : null);
    this.state.textContent =
      state.state === "importing" ? say("models_importing", state.name, size(state.doneBytes)) : "";
  }
}
