// The largest resident memory of a process that may end at any moment.
import { peakMemoryBytes } from "../../test/harness/peak-memory.ts";

const EVERY_MS = 20;

export class PeakMemory {
  readonly #timer: NodeJS.Timeout;
  #bytes: number | null = null;

  constructor(pid: number) {
    this.#timer = setInterval(() => (this.#bytes = peakMemoryBytes(pid) ?? this.#bytes), EVERY_MS);
  }

  /** @returns bytes; null when it could not be seen */
  stop(): number | null {
    clearInterval(this.#timer);
    return this.#bytes;
  }
}
