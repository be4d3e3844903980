/** What all screens have: a bar, a line that shows work, a place for an error, and an end. */
import { EdgekitError } from "../core/index.ts";
import { element, show } from "./dom.ts";
import { icon } from "./icons.ts";
import { say, type Word } from "./words.ts";

/** A screen that is shown; whatever it has begun ends with {@link ended}. */
export class Frame {
  /** What is below the bar. */
  readonly content = element("main", { class: "content" });
  readonly problem = element("p", { class: "problem", role: "alert", hidden: true });
  private readonly busy = element("div", { class: "busy", role: "progressbar", "aria-label": say("busy"), "aria-hidden": "true" });
  private readonly ender = new AbortController();
  private readonly title: string;
  private readonly subtitle: string | null;

  /**
   * @param title of the screen
   * @param subtitle the bundle that it is about; null where it is about none
   */
  constructor(title: Word, subtitle: string | null = null) {
    this.title = say(title);
    this.subtitle = subtitle;
  }

  /** Aborted when another screen is shown. */
  get ended(): AbortSignal {
    return this.ender.signal;
  }

  /** Shows the screen instead of all others. */
  show(isFirst: boolean): void {
    const heading = element("h1", { tabindex: "-1" }, this.title);
    document.title = [this.title, this.subtitle].filter((part) => part !== null).join(", ");
    document.body.replaceChildren(this.bar(heading), this.content);
    if (!isFirst) heading.focus();
    scrollTo(0, 0);
  }

  /** Ends all that the screen has begun. */
  end(): void {
    this.ender.abort();
  }

  /** Shows or hides the line that says that something works. */
  showBusy(isBusy: boolean): void {
    this.busy.classList.toggle("is-on", isBusy);
    this.busy.setAttribute("aria-hidden", String(!isBusy));
  }

  /** Shows an error; null hides the last one. */
  showProblem(error: EdgekitError | null): void {
    show(this.problem, error === null ? null : wordsOf(error));
  }

  /** Starts work of this screen; `failed` is told what goes wrong, unless the screen has ended. */
  async work(failed: (error: EdgekitError) => void, block: () => Promise<void>): Promise<void> {
    try {
      await block();
    } catch (error) {
      if (!this.ended.aborted) failed(asEdgekitError(error));
    }
  }

  private bar(heading: HTMLElement): HTMLElement {
    const isFirst = location.hash.length <= 2;
    const titles = element("div", { class: "titles" }, heading, this.subtitle === null ? null : element("p", {}, this.subtitle));
    const back = element("a", { class: "icon", href: "#/", "aria-label": say("back") }, icon("back"));
    const about = element("a", { class: "icon", href: "#/about", "aria-label": say("about_title") }, icon("about"));
    const bar = element("div", { class: "bar" }, isFirst ? null : back, titles, isFirst ? about : null);
    return element("header", {}, bar, this.busy);
  }
}

/** Whatever fails on a screen, as an error that it can show. */
export function asEdgekitError(error: unknown): EdgekitError {
  if (error instanceof EdgekitError) return error;
  return new EdgekitError("RuntimeFailed", error instanceof Error ? error.message : String(error), error);
}

/** An error in the user's words; what only a developer can mend stays as the library says it. */
export function wordsOf(error: EdgekitError): string {
  switch (error.kind) {
    case "MissingFile":
      return error.file === null ? error.message : say("error_missing_file", error.file);
    case "DamagedFile":
      return error.file === null ? error.message : say("error_damaged_file", error.file);
    case "EmptyText":
      return say("error_empty_text");
    case "QuestionTooLong":
      return say("error_question_too_long");
    case "NoMask":
      return say("error_no_mask");
    default:
      return error.message;
  }
}
