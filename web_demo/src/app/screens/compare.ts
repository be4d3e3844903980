/** Two files answer the same text, side by side. */
import type { Answer, Answered, CompareState } from "../../core/index.ts";
import { AskForm } from "../ask-form.ts";
import { button, element, show } from "../dom.ts";
import { FileChoice, optionName, type FileOption } from "../file-choice.ts";
import { Frame } from "../frame.ts";
import { modelOf, openingOf, subjectOf, type Subject } from "../model.ts";
import { milliseconds, say } from "../words.ts";

/** The screen *Compare* for one bundle. */
export function compare(name: string): Frame {
  const frame = new Frame("compare_title", name);
  const screen = new Compare(name, frame);
  void screen.work(() => screen.begin());
  return frame;
}

class Compare {
  private readonly name: string;
  private readonly frame: Frame;
  private readonly model;
  private readonly start = button(say("compare_start"), "filled", () => this.run());
  private readonly sides = [new Side(), new Side()] as const;
  private readonly verdict = element("p", { class: "verdict", role: "status" });
  private subject!: Subject;
  private run = () => {};

  constructor(name: string, frame: Frame) {
    this.name = name;
    this.frame = frame;
    this.model = modelOf(frame);
  }

  async begin(): Promise<void> {
    this.subject = await subjectOf(this.name);
    const { files, page } = this.subject;
    const first = new FileChoice("compare_left", "left", files);
    const second = new FileChoice("compare_right", "right", files);
    second.choose(files.length - 1);
    const form = new AskForm(page, await this.model.call("read", this.name));
    this.run = () => void this.work(() => this.compare(form.texts(), first.chosen, second.chosen));
    this.frame.content.append(
      element("p", { class: "detail" }, say("compare_intro")),
      ...[first.root, second.root, form.root],
      element("div", { class: "flow" }, this.start),
      this.frame.problem,
      element("div", { class: "columns" }, ...this.sides.map((side) => side.root)),
      this.verdict,
    );
    this.render({ state: "choosing", files: files.map(({ artifact }) => artifact) });
  }

  /** Starts work of this screen. */
  work(block: () => Promise<void>): Promise<void> {
    return this.frame.work((error) => this.render({ state: "failed", error }), block);
  }

  private async compare(texts: readonly string[], first: FileOption, second: FileOption): Promise<void> {
    this.render({ state: "running", first: first.artifact.file, second: second.artifact.file });
    const results = [await this.answerOf(first, texts), await this.answerOf(second, texts)] as const;
    [first, second].forEach((option, place) => show(this.sides[place].title, optionName(option)));
    this.render({ state: "done", first: results[0], second: results[1] });
  }

  private async answerOf(option: FileOption, texts: readonly string[]): Promise<Answered> {
    await this.model.call("open", openingOf(this.name, option));
    await this.model.call("ask", texts); // the first answer of a file is slower than all others
    return this.model.call("ask", texts);
  }

  private render(state: CompareState): void {
    this.frame.showBusy(state.state === "running");
    this.start.disabled = state.state === "running";
    this.frame.showProblem(state.state === "failed" ? state.error : null);
    this.verdict.textContent = this.verdictOf(state);
    if (state.state !== "done") return;
    [state.first, state.second].forEach((result, place) => {
      this.sides[place].answer.textContent = this.subject.page.summary(result.answer);
      this.sides[place].timing.textContent = say("milliseconds", milliseconds(result.latencyMs));
    });
  }

  private verdictOf(state: CompareState): string {
    if (state.state === "choosing") return state.files.length === 1 ? say("compare_one_file") : "";
    if (state.state !== "done") return "";
    const [first, second] = [state.first, state.second].map(({ answer }) => this.decision(answer));
    if (first === null) return "";
    return say(first === second ? "compare_same" : "compare_different");
  }

  private decision(answer: Answer): string | null {
    return this.subject.page.decision(answer);
  }
}

/** One file's answer. */
class Side {
  readonly title = element("h2", { class: "label", hidden: true });
  readonly answer = element("p", { class: "body" });
  readonly timing = element("p", { class: "detail" });
  readonly root = element("div", {}, this.title, this.answer, this.timing);
}
