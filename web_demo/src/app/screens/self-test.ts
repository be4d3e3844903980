/** Runs a bundle's golden texts, and shows the first difference of each case that fails. */
import { passed, reportToJson, type SelfTestState, type TestCase } from "../../core/index.ts";
import { button, element, share } from "../dom.ts";
import { FileChoice } from "../file-choice.ts";
import { Frame } from "../frame.ts";
import { modelOf, openingOf, subjectOf } from "../model.ts";
import { keepProof } from "../proofs.ts";
import { say } from "../words.ts";

/** The screen *Self-test* for one bundle. */
export function selfTest(name: string): Frame {
  const frame = new Frame("self_test_title", name);
  const screen = new SelfTestScreen(name, frame);
  void screen.work(() => screen.begin());
  return frame;
}

class SelfTestScreen {
  private readonly name: string;
  private readonly frame: Frame;
  private readonly model;
  private readonly start = button(say("self_test_start"), "filled", () => this.test());
  private readonly save = button(say("share"), "text", () => void share(this.report, `${this.name}-self-test.json`));
  private readonly verdict = element("p", { class: "headline verdict", role: "status" });
  private readonly checks = element("ul");
  private report = "";
  private test = () => {};

  constructor(name: string, frame: Frame) {
    this.name = name;
    this.frame = frame;
    this.model = modelOf(frame);
    this.render({ state: "idle" });
  }

  async begin(): Promise<void> {
    const { files } = await subjectOf(this.name);
    const choice = new FileChoice("file", "file", files);
    this.test = () => void this.work(() => this.run(choice));
    this.frame.content.append(
      element("p", { class: "detail" }, say("self_test_intro")),
      choice.root,
      element("div", { class: "flow" }, this.start, this.save),
      this.frame.problem,
      this.verdict,
      this.checks,
    );
  }

  /** Starts work of this screen. */
  work(block: () => Promise<void>): Promise<void> {
    return this.frame.work((error) => this.render({ state: "failed", error }), block);
  }

  private async run(choice: FileChoice): Promise<void> {
    const option = choice.chosen;
    const cases: TestCase[] = [];
    this.render({ state: "running", cases });
    await this.model.call("open", openingOf(this.name, option));
    const report = await this.model.call("selfTest", null, (done) => {
      cases.push(done);
      this.render({ state: "running", cases });
    });
    keepProof(option, passed(report));
    choice.showProof();
    this.render({ state: "done", report });
  }

  private render(state: SelfTestState): void {
    const isRunning = state.state === "running";
    this.frame.showBusy(isRunning);
    this.start.disabled = isRunning;
    this.save.disabled = state.state !== "done";
    this.frame.showProblem(state.state === "failed" ? state.error : null);
    if (state.state === "running") this.showCases(state.cases);
    if (state.state !== "done") return;
    this.report = JSON.stringify(reportToJson(state.report));
    this.showCases(state.report.cases);
    this.verdict.textContent = verdictOf(state.report.cases);
  }

  /** Adds rows for the cases that have none yet; an empty list begins anew. */
  private showCases(cases: readonly TestCase[]): void {
    if (cases.length === 0) {
      this.checks.replaceChildren();
      this.verdict.textContent = "";
    }
    this.checks.append(...cases.slice(this.checks.childElementCount).map(row));
  }
}

function verdictOf(cases: readonly TestCase[]): string {
  const failed = cases.filter(({ difference }) => difference !== null).length;
  return failed === 0
    ? say("self_test_passed", cases.length)
    : say("self_test_failed", failed, cases.length);
}

function row({ name, difference }: TestCase): HTMLElement {
  const result = say(difference === null ? "check_passed" : "check_failed");
  const line = element("div", { class: "row" }, element("span", {}, name), element("span", { class: "value" }, result));
  const why = difference === null ? null : element("p", { class: "detail problem" }, difference);
  return element("li", { class: "check" }, line, why);
}
