/** A bundle in the list, what it takes to load it, or why it cannot be opened. */
import { EdgekitError, type ModelRow } from "../core/index.ts";
import { openable, openBundle, type SiteFile } from "../store/site.ts";
import { button, element, fillMeter, meter, show } from "./dom.ts";
import { asEdgekitError, wordsOf } from "./frame.ts";
import { Loading, sum, type Kept } from "./loading.ts";
import { taskPage } from "./tasks/pages.ts";
import { say, size, type Word } from "./words.ts";
import { fileWords } from "./file-choice.ts";

const SCREENS: readonly (readonly [string, Word])[] = [
  ["try", "try_title"],
  ["self-test", "self_test_title"],
  ["compare", "compare_title"],
  ["benchmark", "measure_title"],
];

/** A card. Its buttons depend on what of the bundle is kept in the browser. */
export class ModelCard {
  readonly root: HTMLElement;
  /** What there is to say of the bundle; null where it cannot be opened. */
  readonly row: ModelRow | null;
  private readonly name: string;
  private readonly problem = element("p", { class: "problem", role: "alert", hidden: true });
  private readonly state = element("p", { class: "detail", role: "status" });
  private readonly bar = meter(0);
  private readonly actions = element("div", { class: "flow" });

  private constructor(name: string, row: ModelRow | null, facts: readonly HTMLElement[]) {
    this.name = name;
    this.row = row;
    const heading = element("h2", { class: "headline" }, name);
    this.bar.hidden = true;
    this.root = element("section", { class: "card" }, heading, ...facts, this.problem, this.state, this.bar, this.actions);
    this.root.setAttribute("aria-label", name);
  }

  /** Reads a bundle's manifest, and what the browser keeps of its files. */
  static async of(name: string, runtime: SiteFile): Promise<ModelCard> {
    try {
      const bundle = await openBundle(name);
      const { manifest } = bundle;
      const row: ModelRow = {
        bundle: manifest.name,
        task: manifest.task,
        files: openable(bundle),
        license: manifest.license,
        origin: manifest.origin,
        hasRandomWeights: manifest.hasRandomWeights,
      };
      const card = new ModelCard(name, row, facts(row, manifest.maxLength));
      if (row.files.length > 0) await card.offer(new Loading(name, bundle, runtime));
      return card;
    } catch (error) {
      const card = new ModelCard(name, null, []);
      card.showProblem(asEdgekitError(error));
      return card;
    }
  }

  private async offer(loading: Loading): Promise<void> {
    const kept = await loading.kept();
    this.bar.hidden = true;
    if (kept.isWhole) this.offerScreens(loading);
    else this.offerDownload(loading, kept);
  }

  private offerScreens(loading: Loading): void {
    this.state.textContent = say("models_ready");
    const links = SCREENS.map(([word, title]) =>
      element("a", { class: "button text", href: `#/${word}/${encodeURIComponent(this.name)}` }, say(title)),
    );
    const remove = button(say("models_remove"), "text", () => {
      void loading.remove().then(() => this.offer(loading));
    });
    this.actions.replaceChildren(...links, remove);
  }

  private offerDownload(loading: Loading, kept: Kept): void {
    const left = size(loading.sizeBytes - kept.bytes);
    this.state.textContent = say("models_sizes", sizes(loading));
    const words = kept.bytes === 0 ? say("models_download", left) : say("models_resume", left);
    this.actions.replaceChildren(button(words, "text", () => void this.load(loading)));
  }

  private async load(loading: Loading): Promise<void> {
    const ender = new AbortController();
    show(this.problem, null);
    this.bar.hidden = false;
    const stop = button(say("models_stop"), "text", () => ender.abort());
    this.actions.replaceChildren(stop);
    stop.focus();
    try {
      await loading.load((bytes) => this.showLoaded(bytes, loading.sizeBytes), ender.signal);
    } catch (error) {
      if (!ender.signal.aborted) this.showProblem(asEdgekitError(error));
    }
    await this.offer(loading);
    this.actions.querySelector<HTMLElement>("a, button")?.focus();
  }

  private showLoaded(bytes: number, ofBytes: number): void {
    this.state.textContent = say("models_loaded", size(bytes), size(ofBytes));
    fillMeter(this.bar, bytes / ofBytes);
  }

  private showProblem(error: EdgekitError): void {
    show(this.problem, wordsOf(error));
  }
}

function facts(row: ModelRow, maxLength: number): readonly HTMLElement[] {
  const page = taskPage(row.task);
  const task = say("up_to_tokens", page === null ? row.task : say(page.title), maxLength);
  const files = row.files.map(fileWords).join(", ") || say("models_no_file", "onnxruntime");
  const bytes = row.files.reduce((total, file) => total + file.sizeBytes, 0);
  const told = say("models_facts", size(bytes), files, row.origin, row.license ?? say("licence_unknown"));
  const random = element("p", { class: "banner" }, say("random_weights"));
  const shown = [element("p", {}, task), element("p", { class: "detail" }, told)];
  return row.hasRandomWeights ? [...shown, random] : shown;
}

/** What is loaded, and how large: `model 22.9 MB, tokenizer 700 kB, tests 100 kB, runtime 14.2 MB`. */
function sizes(loading: Loading): string {
  return [...loading.uses]
    .filter(([, files]) => files.length > 0)
    .map(([use, files]) => say("models_size", say(`models_${use}`), size(sum(files))))
    .join(", ");
}
