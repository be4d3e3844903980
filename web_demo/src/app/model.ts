/** The model of a screen: its worker ends with the screen. */
import { EdgekitError, type Bundle } from "../core/index.ts";
import { wholeFiles } from "../store/kept.ts";
import { openable, openBundle, readSite, type Runtime, type Site } from "../store/site.ts";
import { Remote } from "../worker/calls.ts";
import type { ModelCalls, Opening } from "../worker/model.ts";
import type { FileOption } from "./file-choice.ts";
import type { Frame } from "./frame.ts";
import { taskPage } from "./tasks/pages.ts";
import type { TaskPage } from "./tasks/page.ts";
import { hasWebGpu } from "./webgpu.ts";

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
  readonly files: readonly FileOption[];
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
  return { bundle, files: await optionsOf(bundle, await readSite()), page };
}

/** Each file on the processor, and on the graphics processor where its runtime has been loaded. */
async function optionsOf(bundle: Bundle, site: Site): Promise<readonly FileOption[]> {
  const [kept, isGpuThere] = await Promise.all([wholeFiles(), hasWebGpu()]);
  const isUsable = ({ accelerator, wasm }: Runtime) =>
    accelerator === "WebAssembly" || (isGpuThere && kept.has(wasm.sha256));
  const usable = site.runtimes.filter(isUsable);
  return openable(bundle, site).flatMap((artifact) =>
    usable.filter(({ opens }) => opens === artifact.runtime).map((runtime) => ({ artifact, runtime })),
  );
}

/** What opens a file in the worker of a screen. */
export function openingOf(bundle: string, { artifact, runtime }: FileOption, threads = THREADS): Opening {
  return { bundle, file: artifact.file, runtime: runtime.name, threads };
}
