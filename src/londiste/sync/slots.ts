// How many connections may copy at the same time, first come, first served.
import { SkytoolsError } from "../../errors/index.ts";

export class Slots {
  readonly #total: number;
  #used = 0;
  /** Lent: whoever waits gets them soon. */
  #spare = 0;
  #waiting: { readonly cost: number; readonly enter: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
  }

  get total(): number {
    return this.#total;
  }

  get isWaitedFor(): boolean {
    return this.#waiting.length > 0;
  }

  /** For somebody new; those that are lent count. */
  get free(): number {
    return this.#total - this.#used - this.#waiting.reduce((sum, { cost }) => sum + cost, 0);
  }

  /** Lends one that nobody waits for; to be given back soon once isWaitedFor. Null: there is none. */
  takeSpare(): (() => void) | null {
    if (this.free <= this.#spare) return null;
    this.#spare += 1;
    return this.#giveBack(() => (this.#spare -= 1));
  }

  /** What is larger than all slots takes all. @returns gives them back; may be called twice. @throws ABORTED */
  async take(wanted: number, signal: AbortSignal): Promise<() => void> {
    const cost = Math.min(wanted, this.#total);
    if (this.#waiting.length > 0 || !this.#hasRoom(cost)) await this.#wait(cost, signal);
    else this.#used += cost;
    return this.#giveBack(() => (this.#used -= cost));
  }

  #hasRoom(cost: number): boolean {
    return this.#used + this.#spare + cost <= this.#total;
  }

  #giveBack(leave: () => void): () => void {
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      leave();
      this.#admit();
    };
  }

  #wait(cost: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== entry);
        reject(new SkytoolsError("ABORTED", "the copy was stopped while it waited for its turn"));
        this.#admit();
      };
      const entry = {
        cost,
        enter: (): void => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      if (signal.aborted) {
        leave();
        return;
      }
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(entry);
    });
  }

  #admit(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      if (!this.#hasRoom(next.cost)) return;
      this.#used += next.cost;
      this.#waiting.shift();
      next.enter();
    }
  }
}
