/** The page for `edgekit bench --via app`: no screen, but two functions that are called from outside. */
import { Remote } from "../worker/calls.ts";
import type { LaunchCalls } from "../worker/launch.ts";

/** The address after `#` of this page. */
export const LAUNCH = "#/launch";

declare global {
  /** What docs/app-contract.md says of the web. */
  var edgekit: {
    /** Starts the runtime. */
    start(threads: number): Promise<null>;
    /** Obeys a request, and returns the text of its results. */
    launch(request: string): Promise<string>;
  };
}

/** Offers the functions. */
export function offerLaunch(): void {
  const worker = new Worker(new URL("../worker/launch.ts", import.meta.url), { type: "module" });
  const remote = new Remote<LaunchCalls>(worker);
  globalThis.edgekit = {
    start: (threads) => remote.call("start", threads),
    launch: (request) => remote.call("launch", request),
  };
}
