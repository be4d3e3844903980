/** The model of a screen: its worker ends with the screen. */
import { EdgekitError, type Artifact, type Bundle } from "../core/index.ts";
import { openable, openBundle } from "../store/site.ts";
import { Remote } from "../worker/calls.ts";
import type { ModelCalls } from "../worker/model.ts";
import type { Frame } from "./frame.ts";
import { taskPage } from "./tasks/pages.ts";
import type { TaskPage } from "./tasks/page.ts";

/** Threads of a model that nobody asked for more. */
export const THREADS = 2;

/** A worker of its own for a screen. */
export function modelOf(frame: Frame): Remote<ModelCalls> {
  const worker = new Worker(new URL("../worker/model.ts", import.meta.url), { type: "module" });
  const remote = new Remote<ModelCalls>(worker);
  frame.ended.addEventListener("abort", () => remote.close());
  return remote;
}

/** What screens want to know of a bundle. */
export interface Subject {
  readonly bundle: Bundle;
  readonly files: readonly Artifact[];
  readonly page: TaskPage;
}

/**
 * Reads a bundle's manifest.
 *
 * @throws EdgekitError UnsupportedTask: it is of a later edgekit
 */
export async function subjectOf(name: string): Promise<Subject> {
  const bundle = await openBundle(name);
  const page = taskPage(bundle.manifest.task);
  if (page === null) {
    const { task } = bundle.manifest;
    throw new EdgekitError("UnsupportedTask", `this app has no task ${task}: update it`);
  }
  return { bundle, files: openable(bundle), page };
}
