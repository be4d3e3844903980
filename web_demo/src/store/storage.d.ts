/** What browsers have in workers, and TypeScript's library for pages leaves out. */
interface FileSystemSyncAccessHandle {
  close(): void;
  getSize(): number;
  truncate(size: number): void;
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
  /** Gives the file another name. */
  move(name: string): Promise<void>;
}
