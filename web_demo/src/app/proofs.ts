/** Which files have passed their self-test in this browser, and in which runtime: kept between visits. */
import type { FileOption } from "./file-choice.ts";

/** What is known of a file in a runtime. */
export type Proof = "passed" | "failed" | "none";

/** What the last self-test in this browser gave. */
export function proofOf(option: FileOption): Proof {
  const found = localStorage.getItem(keyOf(option));
  return found === "passed" || found === "failed" ? found : "none";
}

/** Keeps what a self-test gave. */
export function keepProof(option: FileOption, hasPassed: boolean): void {
  localStorage.setItem(keyOf(option), hasPassed ? "passed" : "failed");
}

/** Another file or another build of the runtime is another proof. */
function keyOf({ artifact, runtime }: FileOption): string {
  return `edgekit proof ${artifact.sha256} ${runtime.wasm.sha256}`;
}
