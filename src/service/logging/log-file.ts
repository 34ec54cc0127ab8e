// The log file of a program: whole lines, appended before the call returns; opened anew on demand, kept below a size.
// Trouble with the file never stops the program: lines are counted that could not be written.
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { errnoOf } from "../../errors/index.ts";

export interface LogFileOptions {
  readonly path: string;
  /** A line that would make the file larger begins a new one; 0: never. */
  readonly maxBytes: number;
  /** How many old files are kept, as FILE.1 (the newest), FILE.2, …; 0: the file grows without end. */
  readonly keep: number;
}

export class LogFile {
  #options: LogFileOptions;
  #file: number | null = null;
  #sizeBytes = 0;
  #lostLines = 0;

  /** @throws what node:fs throws when the file cannot be opened */
  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#open();
  }

  /** Lines that could not be written since the last one that could. */
  get lostLines(): number {
    return this.#lostLines;
  }

  /** `line` ends with a newline. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(line);
      if (this.#file === null) this.#open();
      else if (this.#isFull(bytes.length)) this.#rotate();
      if (this.#lostLines > 0) this.#append(Buffer.from(`… ${this.#lostLines} lines could not be written …\n`));
      this.#append(bytes);
      this.#lostLines = 0;
    } catch {
      this.#lostLines += 1;
    }
  }

  /** Closes the file and opens the name again, for logrotate and for changed settings. @throws when it cannot be opened; the old file stays then */
  reopen(options: LogFileOptions = this.#options): void {
    const opened = openSync(options.path, "a", 0o644);
    this.close();
    this.#options = options;
    this.#file = opened;
    this.#sizeBytes = fstatSync(opened).size;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #open(): void {
    this.#file = openSync(this.#options.path, "a", 0o644);
    this.#sizeBytes = fstatSync(this.#file).size;
  }

  #append(bytes: Buffer): void {
    if (this.#file === null) return;
    // A full disk can take a part of the line; the rest then counts as lost.
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#sizeBytes += bytes.length;
  }

  #isFull(moreBytes: number): boolean {
    const { maxBytes, keep } = this.#options;
    return maxBytes > 0 && keep > 0 && this.#sizeBytes > 0 && this.#sizeBytes + moreBytes > maxBytes;
  }

  #rotate(): void {
    const { path, keep } = this.#options;
    this.close();
    rmSync(`${path}.${keep}`, { force: true });
    for (let number = keep - 1; number >= 1; number -= 1) renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
    renameIfThere(path, `${path}.1`);
    this.#open();
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
