/** The page: which screen is shown, by the address after `#`. */
import { LAUNCH, offerLaunch } from "./launch.ts";
import { about } from "./screens/about.ts";
import { compare } from "./screens/compare.ts";
import { measure } from "./screens/measure.ts";
import { models } from "./screens/models.ts";
import { selfTest } from "./screens/self-test.ts";
import { tryModel } from "./screens/try.ts";
import type { Frame } from "./frame.ts";
import { keepUpdated } from "./updates.ts";

/** By the first word of the address; what follows it is the bundle. */
const SCREENS: Readonly<Record<string, (bundle: string) => Frame>> = {
  try: tryModel,
  "self-test": selfTest,
  compare,
  benchmark: measure,
  about,
};

let shown: Frame | null = null;

function showScreen(): void {
  const [word = "", bundle = ""] = location.hash.slice(2).split("/").map(decodeURIComponent);
  const next = (SCREENS[word] ?? models)(bundle);
  shown?.end();
  next.show(shown === null);
  shown = next;
}

if (location.hash === LAUNCH) {
  offerLaunch();
} else {
  addEventListener("hashchange", showScreen);
  showScreen();
  void keepUpdated();
}
