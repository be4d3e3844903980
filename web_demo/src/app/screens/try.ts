/** Asks a model. */
import type { Answered, TryState } from "../../core/index.ts";
import { AskForm } from "../ask-form.ts";
import { button, element, show } from "../dom.ts";
import { FileChoice, type FileOption } from "../file-choice.ts";
import { Frame } from "../frame.ts";
import { modelOf, openingOf, subjectOf, type Subject } from "../model.ts";
import { SearchPanel } from "../search-panel.ts";
import { milliseconds, say, sayCount } from "../words.ts";

/** The screen *Try* for one bundle. */
export function tryModel(name: string): Frame {
  const frame = new Frame("try_title", name);
  const screen = new Try(name, frame);
  void frame.work((error) => screen.render({ state: "failed", error }), () => screen.begin());
  return frame;
}

class Try {
  private readonly name: string;
  private readonly frame: Frame;
  private readonly model;
  private readonly form = element("div");
  private readonly answer = element("div", { class: "answer", "aria-live": "polite" });
  private readonly timing = element("p", { class: "detail timing", role: "status" });
  private readonly notice = element("p", { class: "banner", hidden: true });
  private readonly run = button(say("try_ask"), "filled", () => this.ask());
  private readonly side = element("div", { class: "side" }, this.timing, this.notice, this.answer);
  private subject!: Subject;
  private ask = () => {};

  constructor(name: string, frame: Frame) {
    this.name = name;
    this.frame = frame;
    this.model = modelOf(frame);
    frame.content.classList.add("is-split");
    this.render({ state: "no model" });
  }

  async begin(): Promise<void> {
    this.subject = await subjectOf(this.name);
    const { files, page, bundle } = this.subject;
    const choice = new FileChoice("file", "file", files, (option) => void this.start(() => this.open(option)));
    this.frame.content.append(choice.root, this.form, this.frame.problem, this.side);
    const form = new AskForm(page, await this.model.call("read", this.name));
    const sample = button(say("try_sample"), "text", () => form.fillWithSample());
    this.form.append(form.root, element("div", { class: "flow" }, this.run, sample));
    this.ask = () => void this.start(() => this.answerTo(form.texts(), choice.chosen));
    if (bundle.manifest.task === "sentence-similarity") {
      this.side.append(new SearchPanel(this.model, (use) => this.start(() => this.searching(choice.chosen, use))).root);
    }
    await this.open(choice.chosen);
  }

  private async open(option: FileOption): Promise<void> {
    const { file } = option.artifact;
    this.render({ state: "preparing", bundle: this.name, file });
    const runtime = await this.model.call("open", openingOf(this.name, option));
    this.render({ state: "ready", bundle: this.name, file, runtime });
  }

  private async answerTo(texts: readonly string[], { artifact: { file } }: FileOption): Promise<void> {
    this.render({ state: "running", bundle: this.name, file });
    this.render({ state: "done", texts, result: await this.model.call("ask", texts) });
  }

  private async searching({ artifact: { file } }: FileOption, use: () => Promise<void>): Promise<void> {
    this.render({ state: "running", bundle: this.name, file });
    await use();
    this.frame.showBusy(false);
    this.run.disabled = false;
  }

  private start(block: () => Promise<void>): Promise<void> {
    return this.frame.work((error) => this.render({ state: "failed", error }), block);
  }

  render(state: TryState): void {
    const isBusy = state.state === "preparing" || state.state === "running";
    this.frame.showBusy(isBusy);
    this.run.disabled = isBusy || state.state === "no model";
    this.frame.showProblem(state.state === "failed" ? state.error : null);
    if (state.state === "ready") this.timing.textContent = state.runtime;
    if (state.state === "done") this.show(state.texts, state.result);
  }

  private show(texts: readonly string[], result: Answered): void {
    this.answer.replaceChildren(...this.subject.page.show(texts, result.answer));
    show(this.notice, noticeOf(result, this.subject));
    this.timing.textContent = timingOf(result);
  }
}

function noticeOf({ leftOut, windows }: Answered, { bundle }: Subject): string | null {
  if (leftOut > 0) return sayCount("try_left_out", leftOut);
  const isRead = windows > 1 && bundle.manifest.task === "question-answering";
  return isRead ? say("try_windowed", windows) : null;
}

/** What an answer cost, in a line. */
function timingOf({ latencyMs, windows, tokens, bucket }: Answered): string {
  const time = milliseconds(latencyMs);
  return windows === 1
    ? say("try_timing", time, tokens, bucket)
    : say("try_timing_windows", time, windows, tokens, bucket);
}
