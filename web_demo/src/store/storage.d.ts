/** What browsers have and TypeScript's library does not know yet. */
interface FileSystemFileHandle {
  /** Gives the file another name. */
  move(name: string): Promise<void>;
}
