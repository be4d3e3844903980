/** Buttons with which a person adds a bundle of their own. Nothing of it is sent anywhere. */
import type { Picked } from "../store/picked.ts";
import { button, element } from "./dom.ts";
import { say } from "./words.ts";

/** The buttons; `picked` is given what was picked. */
export function importButtons(picked: (bundle: Picked) => void): HTMLElement {
  const zip = picker({ accept: ".zip,.edgekit" }, ([file]) => picked({ kind: "zip", file }));
  const folder = picker({ webkitdirectory: true }, (files) => picked({ kind: "folder", files }));
  const hasFolders = "webkitdirectory" in HTMLInputElement.prototype;
  return element(
    "div",
    { class: "flow" },
    button(say("models_add"), "filled", () => zip.click()),
    hasFolders ? button(say("models_add_folder"), "text", () => folder.click()) : null,
    ...[zip, folder],
  );
}

function picker(
  attributes: Readonly<Record<string, string | boolean>>,
  picked: (files: readonly File[]) => void,
): HTMLInputElement {
  const made = element("input", { type: "file", hidden: true, ...attributes });
  made.addEventListener("change", () => {
    const files = [...(made.files ?? [])];
    made.value = ""; // else the same one cannot be picked again
    if (files.length > 0) picked(files);
  });
  return made;
}
