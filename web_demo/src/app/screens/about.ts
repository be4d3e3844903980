/** Versions, privacy, and the licences of code and models. */
import { importedNames } from "../../store/imported.ts";
import { openBundle, readSite, type Site } from "../../store/site.ts";
import { element } from "../dom.ts";
import { asEdgekitError, Frame, wordsOf } from "../frame.ts";
import { THREADS } from "../model.ts";
import { say, type Word } from "../words.ts";

/** The screen *About*. */
export function about(): Frame {
  const frame = new Frame("about_title");
  const versions = element("p", { class: "body" });
  const models = element("p", { class: "body" });
  frame.content.append(
    element("p", {}, say("about_what")),
    ...section("about_versions", versions),
    ...section("about_privacy", element("p", {}, say("about_no_network"))),
    ...section("about_licences", element("p", { class: "body" }, say("about_libraries"))),
    ...section("about_models", models),
    frame.problem,
  );
  void frame.work(
    (error) => frame.showProblem(error),
    async () => {
      const [site, imported] = await Promise.all([readSite(), importedNames().catch(() => [])]);
      versions.textContent = versionsOf(site);
      const licences = await Promise.all([...site.bundles, ...imported].map(licenceOf));
      models.textContent = licences.join("\n");
    },
  );
  return frame;
}

function section(title: Word, content: HTMLElement): readonly HTMLElement[] {
  return [element("h2", { class: "label" }, say(title)), content];
}

function versionsOf(site: Site): string {
  const threads = crossOriginIsolated ? say("about_threads", THREADS) : say("about_one_thread");
  const runtimes = site.runtimes.map(({ title, accelerator }) => say("file_on", title, accelerator)).join("; ");
  return [say("about_app", site.version, navigator.userAgent), say("about_runtimes", runtimes), threads].join("\n");
}

async function licenceOf(name: string): Promise<string> {
  try {
    const { manifest } = await openBundle(name);
    return say("about_model", name, manifest.license ?? say("licence_unknown"));
  } catch (error) {
    return say("about_model", name, wordsOf(asEdgekitError(error)));
  }
}
