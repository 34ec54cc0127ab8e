// The largest resident memory of a process, from Linux's /proc.
import { readFileSync } from "node:fs";

const EVERY_MS = 20;

export class PeakMemory {
  readonly #timer: NodeJS.Timeout;
  #bytes: number | null = null;

  constructor(pid: number) {
    this.#timer = setInterval(() => this.#look(pid), EVERY_MS);
  }

  /** @returns bytes; null when it could not be seen */
  stop(): number | null {
    clearInterval(this.#timer);
    return this.#bytes;
  }

  #look(pid: number): void {
    try {
      const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      if (kilobytes !== undefined) this.#bytes = Number(kilobytes) * 1024;
    } catch {
      // It has ended.
    }
  }
}
