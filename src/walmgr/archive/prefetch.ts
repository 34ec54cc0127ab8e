// Segments that recovery will ask for next are fetched ahead into a directory, so that it does not wait for a distant
// repository. What lies there was verified while it came.
import { rename, rm, copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../service/index.ts";
import { isSegmentName, parseSegmentName, segmentName } from "../formats/index.ts";
import type { WalFetcher } from "./get.ts";

export interface PrefetchOptions {
  readonly fetcher: WalFetcher;
  readonly directory: string;
  /** How many segments ahead; 0: none. */
  readonly count: number;
  readonly segmentBytes: () => Promise<number | null>;
  readonly log: Logger;
}

export class Prefetch {
  readonly #options: PrefetchOptions;
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(options: PrefetchOptions) {
    this.#options = options;
  }

  /** Gives the file if it was fetched, waiting for it when it is on its way. */
  async take(name: string, destination: string): Promise<boolean> {
    const isThere = (await this.#running.get(name)) ?? false;
    if (!isThere) return false;
    this.#running.delete(name);
    const path = join(this.#options.directory, name);
    const temporary = `${destination}.prefetched`;
    try {
      await copyFile(path, temporary);
      await rename(temporary, destination);
      return true;
    } catch (error) {
      this.#options.log.warn({ error, file: name }, "a segment that was fetched ahead cannot be used");
      return false;
    } finally {
      await rm(path, { force: true });
      await rm(temporary, { force: true });
    }
  }

  /** Starts to fetch what follows. */
  async after(name: string): Promise<void> {
    const segmentBytes = await this.#options.segmentBytes().catch(() => null);
    if (this.#options.count === 0 || segmentBytes === null || !isSegmentName(name)) return;
    const { timeline, number } = parseSegmentName(name, segmentBytes);
    const wanted = Array.from({ length: this.#options.count }, (_, i) =>
      segmentName({ timeline, number: number + BigInt(i + 1) }, segmentBytes),
    );
    await this.#forgetOthers(wanted);
    for (const next of wanted) if (!this.#running.has(next)) this.#running.set(next, this.#fetch(next));
  }

  /** What an earlier run left is not trusted. */
  async clear(): Promise<void> {
    const names = await readdir(this.#options.directory).catch(() => []);
    for (const name of names) await rm(join(this.#options.directory, name), { force: true });
  }

  async #fetch(name: string): Promise<boolean> {
    try {
      const destination = join(this.#options.directory, name);
      const found = await this.#options.fetcher.get({ name, destination, allowPartial: false });
      // Not there yet is no answer for later.
      if (found === "absent") this.#running.delete(name);
      return found === "found";
    } catch {
      this.#running.delete(name);
      return false;
    }
  }

  async #forgetOthers(wanted: readonly string[]): Promise<void> {
    for (const [name, running] of this.#running) {
      if (wanted.includes(name)) continue;
      this.#running.delete(name);
      await running;
      await rm(join(this.#options.directory, name), { force: true });
    }
  }
}
