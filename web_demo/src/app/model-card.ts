/** A bundle in the list, what it takes to load it, or why it cannot be opened. */
import type { EdgekitError, ModelRow } from "../core/index.ts";
import { forgetImported } from "../store/imported.ts";
import { openable, openBundle, runtimesOf, type Site } from "../store/site.ts";
import { button, element, fillMeter, meter, show } from "./dom.ts";
import { asEdgekitError, wordsOf } from "./frame.ts";
import { Loading, type Missing } from "./loading.ts";
import { fileWords } from "./file-choice.ts";
import { taskPage } from "./tasks/pages.ts";
import { hasWebGpu } from "./webgpu.ts";
import { say, size, type Word } from "./words.ts";

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
  private readonly loading: Loading | null;
  private readonly gpu: Loading | null;
  private readonly changed: () => void;
  private readonly forgotten: (() => void) | null;
  private readonly problem = element("p", { class: "problem", role: "alert", hidden: true });
  private readonly state = element("p", { class: "detail", role: "status" });
  private readonly bar = meter(0);
  private readonly actions = element("div", { class: "flow" });
  private ender: AbortController | null = null;

  private constructor(card: Card, changed: () => void, forgotten: (() => void) | null) {
    this.name = card.name;
    this.row = card.row;
    this.loading = card.loading;
    this.gpu = card.gpu;
    this.changed = changed;
    this.forgotten = forgotten;
    const heading = element("h2", { class: "headline" }, card.name);
    this.root = element("section", { class: "card", "aria-label": card.name }, heading, ...card.facts);
    this.root.append(this.problem, this.state, this.bar, this.actions);
    this.bar.hidden = true;
    this.showProblem(card.problem);
  }

  /**
   * Reads a bundle's manifest.
   *
   * @param site what it needs beside its own files
   * @param changed is told when files were loaded or removed: other cards share some
   * @param forgotten is told when a bundle that a person has added is there no more; null: the site
   *   brings it
   */
  static async of(
    name: string,
    site: Site,
    changed: () => void,
    forgotten: (() => void) | null = null,
  ): Promise<ModelCard> {
    return new ModelCard(await cardOf(name, site), changed, forgotten);
  }

  /** Shows what the browser keeps of the bundle now. */
  async refresh(): Promise<void> {
    if (this.ender !== null) return;
    if (this.loading === null) return this.actions.replaceChildren(...this.removal());
    const missing = await this.loading.missing();
    this.bar.hidden = true;
    if (missing.sizes.size > 0) return this.offerDownload(this.loading, missing);
    this.offerScreens();
    const gpu = await this.gpu?.missing();
    if (gpu !== undefined && gpu.bytes > 0) this.offerGpu(this.gpu!, gpu);
  }

  private offerScreens(): void {
    this.state.textContent = say("models_ready");
    const links = SCREENS.map(([word, title]) =>
      element("a", { class: "button text", href: `#/${word}/${encodeURIComponent(this.name)}` }, say(title)),
    );
    this.actions.replaceChildren(...links, this.remover());
  }

  private offerGpu(loading: Loading, { bytes }: Missing): void {
    this.actions.append(button(say("models_gpu", size(bytes)), "text", () => void this.load(loading)));
  }

  private offerDownload(loading: Loading, { sizes, bytes, isBegun }: Missing): void {
    const parts = [...sizes].map(([use, part]) => say("models_size", say(`models_${use}`), size(part)));
    this.state.textContent = say("models_sizes", parts.join(", "));
    const words = say(isBegun ? "models_resume" : "models_download", size(bytes));
    this.actions.replaceChildren(button(words, "text", () => void this.load(loading)), ...this.removal());
  }

  /** What the site brings and is not loaded cannot be removed. */
  private removal(): readonly HTMLElement[] {
    return this.forgotten === null ? [] : [this.remover()];
  }

  private remover(): HTMLElement {
    return button(say("models_remove"), "text", () => void this.remove());
  }

  private async remove(): Promise<void> {
    await this.loading?.remove();
    if (this.forgotten === null) return this.changed();
    await forgetImported(this.name);
    this.forgotten();
  }

  private async load(loading: Loading): Promise<void> {
    this.ender = new AbortController();
    const { signal } = this.ender;
    this.showProblem(null);
    this.bar.hidden = false;
    const stop = button(say("models_stop"), "text", () => this.ender?.abort());
    this.actions.replaceChildren(stop);
    stop.focus();
    try {
      await loading.load((bytes) => this.showLoaded(bytes, loading.sizeBytes), signal);
    } catch (error) {
      if (!signal.aborted) this.showProblem(asEdgekitError(error));
    }
    this.ender = null;
    await this.refresh();
    this.changed();
    this.actions.querySelector<HTMLElement>("a, button")?.focus();
  }

  private showLoaded(bytes: number, ofBytes: number): void {
    this.state.textContent = say("models_loaded", size(bytes), size(ofBytes));
    fillMeter(this.bar, bytes / ofBytes);
  }

  private showProblem(error: EdgekitError | null): void {
    show(this.problem, error === null ? null : wordsOf(error));
  }
}

/** What is said of a bundle. */
interface Card {
  readonly name: string;
  readonly row: ModelRow | null;
  readonly facts: readonly HTMLElement[];
  /** Null where nothing of it can be opened. */
  readonly loading: Loading | null;
  /** Null where this browser has no WebGPU, or the site nothing that computes on it. */
  readonly gpu: Loading | null;
  readonly problem: EdgekitError | null;
}

async function cardOf(name: string, site: Site): Promise<Card> {
  try {
    const bundle = await openBundle(name);
    const { task, maxLength, license, origin, hasRandomWeights } = bundle.manifest;
    const files = openable(bundle, site);
    const row = { bundle: bundle.manifest.name, task, files, license, origin, hasRandomWeights };
    const loading = files.length === 0 ? null : Loading.ofBundle(name, bundle, site);
    const onGpu = runtimesOf(bundle, site).find(({ accelerator }) => accelerator === "WebGPU");
    const gpu = onGpu !== undefined && (await hasWebGpu()) ? Loading.ofRuntime(onGpu) : null;
    return { name, row, facts: facts(row, maxLength), loading, gpu, problem: null };
  } catch (error) {
    return { name, row: null, facts: [], loading: null, gpu: null, problem: asEdgekitError(error) };
  }
}

function facts(row: ModelRow, maxLength: number): readonly HTMLElement[] {
  const page = taskPage(row.task);
  const task = say("up_to_tokens", page === null ? row.task : say(page.title), maxLength);
  const files = row.files.map(fileWords).join(", ") || say("models_no_file", "onnxruntime, litert");
  const bytes = row.files.reduce((total, file) => total + file.sizeBytes, 0);
  const told = say("models_facts", size(bytes), files, row.origin, row.license ?? say("licence_unknown"));
  const random = element("p", { class: "banner" }, say("random_weights"));
  const shown = [element("p", {}, task), element("p", { class: "detail" }, told)];
  return row.hasRandomWeights ? [...shown, random] : shown;
}
