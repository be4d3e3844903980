/** The fields of a task's page. */
import { button, element, labelled } from "./dom.ts";
import type { TaskPage } from "./tasks/page.ts";
import { say } from "./words.ts";

export class AskForm {
  readonly root = element("div");
  private readonly page: TaskPage;
  private readonly mask: string;
  private readonly fields: readonly HTMLTextAreaElement[];

  /**
   * @param mask the tokenizer's sign for a blank
   */
  constructor(page: TaskPage, mask: string) {
    this.page = page;
    this.mask = mask;
    this.fields = page.fields.map(({ rows }) => field(rows));
    const shown = this.fields.map((field, place) => labelled(say(page.fields[place].label), field, `text-${place}`));
    this.root.append(...(page.lastFirst === true ? shown.reverse() : shown));
    if (page.hasMask === true) {
      this.root.append(element("div", { class: "flow" }, button(say("try_mask"), "chip", () => this.insertMask())));
    }
    this.fillWithSample();
  }

  /** What stands in the fields: the first, and the second unless it is empty and may be. */
  texts(): readonly string[] {
    const texts = this.fields.map((field) => field.value);
    return texts.filter((text, place) => place === 0 || this.page.isSecondOptional !== true || text.trim() !== "");
  }

  fillWithSample(): void {
    const samples = this.page.samples(this.mask);
    this.fields.forEach((field, place) => (field.value = samples[place]));
  }

  private insertMask(): void {
    const [field] = this.fields;
    field.setRangeText(this.mask, field.selectionStart, field.selectionEnd, "end");
    field.focus();
  }
}

function field(rows: number): HTMLTextAreaElement {
  const made = element("textarea", { class: "field" });
  made.style.setProperty("--rows", `${rows}`);
  return made;
}
