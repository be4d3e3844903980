/** Measures one file in this page; the result is a line that `edgekit report` reads. */
import type { BenchmarkState } from "../../core/index.ts";
import { button, choice, element, fill, fillMeter, labelled, meter, share, show } from "../dom.ts";
import { FileChoice, type FileOption } from "../file-choice.ts";
import { Frame } from "../frame.ts";
import { modelOf, openingOf, subjectOf, THREADS, type Subject } from "../model.ts";
import { milliseconds, say } from "../words.ts";

const MAX_THREADS = 64;
const DEFAULT_RUNS = 50;
const MIN_RUNS = 3;
const MAX_RUNS = 1000;
/** Inferences before the first that counts. */
const WARM_UP = 3;
const USUAL_LENGTHS: readonly number[] = [32, 64, 128, 256];

/** The screen *Benchmark* for one bundle. */
export function measure(name: string): Frame {
  const frame = new Frame("measure_title", name);
  const screen = new Measure(name, frame);
  void screen.work(() => screen.begin());
  return frame;
}

class Measure {
  private readonly name: string;
  private readonly frame: Frame;
  private readonly length = choice([]);
  private readonly threads = numberField(THREADS);
  private readonly runs = numberField(DEFAULT_RUNS);
  private readonly start = button(say("measure_start"), "filled", () => this.run());
  private readonly save = button(say("share"), "text", () => void share(this.result, "results.jsonl"));
  private readonly progress = meter(0);
  private readonly median = element("p", { class: "headline verdict", role: "status" });
  private readonly details = element("p", { class: "body timing" });
  private lengths: readonly number[] = [];
  private result = "";
  private subject!: Subject;
  private run = () => {};

  constructor(name: string, frame: Frame) {
    this.name = name;
    this.frame = frame;
    this.save.disabled = true;
  }

  async begin(): Promise<void> {
    this.subject = await subjectOf(this.name);
    const files = new FileChoice("file", "file", this.subject.files, (option) => this.offerLengths(option));
    this.offerLengths(files.chosen);
    this.run = () => this.check(files.chosen);
    this.frame.content.append(
      element("p", { class: "detail" }, say("measure_intro")),
      files.root,
      labelled(say("measure_length"), this.length, "length"),
      labelled(say("measure_threads"), this.threads, "threads"),
      labelled(say("measure_runs"), this.runs, "runs"),
      element("div", { class: "flow" }, this.start, this.save),
      this.frame.problem,
      ...[this.progress, this.median, this.details],
      element("p", { class: "detail" }, say("measure_command")),
    );
    this.render({ state: "choosing", files: this.subject.files.map(({ artifact }) => artifact) });
  }

  /** Starts work of this screen. */
  work(block: () => Promise<void>): Promise<void> {
    return this.frame.work((error) => this.render({ state: "failed", error }), block);
  }

  /** Lengths that a file takes; of one that takes any, the usual ones. */
  private offerLengths({ artifact }: FileOption): void {
    const most = this.subject.bundle.manifest.maxLength;
    this.lengths = artifact.buckets ?? [...USUAL_LENGTHS.filter((length) => length < most), most];
    fill(this.length, this.lengths.map(String));
  }

  private check(option: FileOption): void {
    const [threads, runs] = [this.threads, this.runs].map((field) => Number(field.value));
    const isRight = isWithin(threads, 1, MAX_THREADS) && isWithin(runs, MIN_RUNS, MAX_RUNS);
    if (!isRight) return show(this.frame.problem, say("measure_wrong"));
    const length = this.lengths[this.length.selectedIndex];
    void this.work(() => this.measure(option, length, threads, runs));
  }

  /** The worker is a new one: threads of a runtime are chosen once. */
  private async measure(option: FileOption, length: number, threads: number, runs: number): Promise<void> {
    const { file } = option.artifact;
    this.render({ state: "running", file, done: 0, of: runs });
    const model = modelOf(this.frame);
    try {
      await model.call("open", openingOf(this.name, option, threads));
      const asked = { length, warmUp: WARM_UP, runs, machine: navigator.userAgent };
      const { json, latenciesMs } = await model.call("measure", asked, (done) =>
        this.render({ state: "running", file, done, of: runs }),
      );
      this.result = `${json}\n`;
      this.render({ state: "done", file, latenciesMs });
    } finally {
      model.close();
    }
  }

  private render(state: BenchmarkState): void {
    const isRunning = state.state === "running";
    this.frame.showBusy(isRunning);
    this.start.disabled = isRunning;
    this.save.disabled = this.result === "" || isRunning;
    this.frame.showProblem(state.state === "failed" ? state.error : null);
    this.progress.classList.toggle("is-idle", !isRunning);
    if (state.state === "running") fillMeter(this.progress, state.done / state.of);
    if (state.state === "done") this.show([...state.latenciesMs].sort((one, other) => one - other));
  }

  private show(sortedMs: readonly number[]): void {
    const at = (share: number) => milliseconds(sortedMs[Math.floor((sortedMs.length - 1) * share)]);
    this.median.textContent = say("measure_median", at(0.5));
    this.details.textContent = say("measure_details", sortedMs.length, at(0.1), at(0.9));
  }
}

function numberField(value: number): HTMLInputElement {
  return element("input", { class: "field", type: "number", inputmode: "numeric", min: 1, value });
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
