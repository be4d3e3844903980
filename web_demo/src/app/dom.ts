/** Elements in a line: `element("p", { class: "detail" }, "words")`. */

type Attribute = string | number | boolean | null | ((event: Event) => void);
export type Child = Node | string | null;

/**
 * A new element.
 *
 * @param attributes by name; a function is called at the event `on<name>`, false and null are left
 *   out, true has no value
 * @param children texts and elements in it
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : `${value}`);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Shows words in an element; null takes it away. */
export function show(into: HTMLElement, words: string | null): void {
  into.textContent = words;
  into.hidden = words === null;
}

/** A button. */
export function button(words: string, kind: "filled" | "text" | "chip", press: () => void): HTMLButtonElement {
  return element("button", { type: "button", class: `button ${kind}`, onclick: press }, words);
}

/** A control under its label. */
export function labelled(words: string, control: HTMLElement, name: string): HTMLElement {
  control.id = name;
  return element("div", { class: "labelled" }, element("label", { class: "label", for: name }, words), control);
}

/** A list of choices. */
export function choice(rows: readonly string[], changed: (place: number) => void = () => {}): HTMLSelectElement {
  const made = element("select", { class: "field", onchange: () => changed(made.selectedIndex) });
  fill(made, rows);
  return made;
}

/** Gives a list other rows, of which the first is chosen. */
export function fill(list: HTMLSelectElement, rows: readonly string[]): void {
  list.replaceChildren(...rows.map((words) => element("option", {}, words)));
}

/** A bar that is filled from 0 to 1. It is nothing to listen to: words beside it say the same. */
export function meter(portion: number): HTMLElement {
  const bar = element("div", { class: "meter", "aria-hidden": "true" });
  fillMeter(bar, portion);
  return bar;
}

/** Fills a bar. */
export function fillMeter(bar: HTMLElement, portion: number): void {
  bar.style.setProperty("--portion", `${100 * Math.min(1, Math.max(0, portion))}%`);
}

/** A line with a bar. */
export function score(title: string, value: string, portion: number): HTMLElement {
  return element(
    "li",
    { class: "score" },
    element("div", { class: "row" }, element("span", {}, title), element("span", { class: "value" }, value)),
    meter(portion),
  );
}

/** Lets the user save a result, or send it to another app where the browser can. */
export async function share(json: string, name: string): Promise<void> {
  const file = new File([json], name, { type: "application/json" });
  if (navigator.canShare?.({ files: [file] })) return navigator.share({ files: [file] });
  const address = URL.createObjectURL(file);
  element("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
