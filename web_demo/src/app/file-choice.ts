/** A list of files of which one is chosen. */
import type { Artifact } from "../core/index.ts";
import { choice, labelled } from "./dom.ts";
import { say, size, type Word } from "./words.ts";

/** A file with what tells it from others. */
export function fileWords(artifact: Artifact): string {
  return say("models_file", artifact.file, artifact.recipe, size(artifact.sizeBytes));
}

/** The list, under its label. */
export class FileChoice {
  readonly root: HTMLElement;
  private readonly list: HTMLSelectElement;
  private readonly files: readonly Artifact[];

  /**
   * @param chosen is told when another file is chosen
   */
  constructor(label: Word, name: string, files: readonly Artifact[], chosen: (file: Artifact) => void = () => {}) {
    this.files = files;
    this.list = choice(files.map(fileWords), (place) => chosen(files[place]));
    this.root = labelled(say(label), this.list, name);
  }

  /** The chosen one. A bundle with none has no screens. */
  get file(): Artifact {
    return this.files[this.list.selectedIndex];
  }

  choose(place: number): void {
    this.list.selectedIndex = place;
  }
}
