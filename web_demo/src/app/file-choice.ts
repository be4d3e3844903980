/** A list of files, each with what may open it, of which one is chosen. */
import type { Artifact } from "../core/index.ts";
import type { Runtime } from "../store/site.ts";
import { choice, element, labelled } from "./dom.ts";
import { proofOf } from "./proofs.ts";
import { say, size, type Word } from "./words.ts";

/** A file, and a runtime that opens it here. */
export interface FileOption {
  readonly artifact: Artifact;
  readonly runtime: Runtime;
}

/** A file with what tells it from others. */
export function fileWords(artifact: Artifact): string {
  return say("models_file", artifact.file, artifact.recipe, size(artifact.sizeBytes));
}

/** The list, under its label, and whether the chosen file has passed its tests in this browser. */
export class FileChoice {
  readonly root: HTMLElement;
  private readonly list: HTMLSelectElement;
  private readonly options: readonly FileOption[];
  private readonly proof = element("p", { class: "detail" });

  /**
   * @param chosen is told when another one is chosen
   */
  constructor(
    label: Word,
    name: string,
    options: readonly FileOption[],
    chosen: (option: FileOption) => void = () => {},
  ) {
    this.options = options;
    this.list = choice(options.map(({ artifact, runtime }) => placed(fileWords(artifact), runtime)), (place) => {
      this.showProof();
      chosen(options[place]);
    });
    this.root = element("div", {}, labelled(say(label), this.list, name), this.proof);
    this.showProof();
  }

  /** The chosen one. A bundle with none has no screens. */
  get chosen(): FileOption {
    return this.options[this.list.selectedIndex];
  }

  choose(place: number): void {
    this.list.selectedIndex = place;
    this.showProof();
  }

  /** Says what is known of the chosen one now. */
  showProof(): void {
    this.proof.textContent = say(`proof_${proofOf(this.chosen)}`);
  }
}

/** What tells a file in its runtime from others, in few words. */
export function optionName({ artifact, runtime }: FileOption): string {
  return placed(artifact.file, runtime);
}

/** The processor is what everybody has: only another place is said. */
function placed(words: string, { accelerator }: Runtime): string {
  return accelerator === "WebAssembly" ? words : say("file_on", words, accelerator);
}
