// Complete WAL files on this computer that wait until all repositories have them. What was received and what the server
// pushed lie in folders of their own: `receive` and `serve` may work at once, and each removes only what it has brought away.
import { createReadStream } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, isAbsent, reasonOf, SkytoolsError } from "../../errors/index.ts";
import { isSegmentName, parseWalFileName } from "../formats/index.ts";
import { digestOf } from "../repository/index.ts";
import { type DirectoryStore, isExisting, type StoreBody, syncFolder } from "../store/index.ts";

const READ_BYTES = 1024 * 1024;

export interface SpoolState {
  readonly files: number;
  readonly bytes: number;
  /** When the oldest came, milliseconds; null: there is none. */
  readonly oldestMs: number | null;
}

export class Spool {
  readonly #store: DirectoryStore;
  readonly #folder: string;

  private constructor(store: DirectoryStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  /** Of `receive`. */
  static received(store: DirectoryStore): Spool {
    return new Spool(store, "spool");
  }

  /** Of `serve`. */
  static pushed(store: DirectoryStore): Spool {
    return new Spool(store, "spool/pushed");
  }

  static both(store: DirectoryStore): readonly Spool[] {
    return [Spool.received(store), Spool.pushed(store)];
  }

  path(name: string): string {
    return join(this.#store.path, this.#folder, name);
  }

  /** In order of timeline and number. @throws STORE_FAILED */
  async names(): Promise<readonly string[]> {
    const folder = this.path("");
    const names = await readdir(folder).catch((cause: unknown) => {
      if (errnoOf(cause) === "ENOENT") return [];
      throw new SkytoolsError("STORE_FAILED", `${folder} cannot be read: ${reasonOf(cause)}`, { cause });
    });
    return names.filter((name) => parseWalFileName(name) !== null).sort();
  }

  async segments(): Promise<readonly string[]> {
    return (await this.names()).filter(isSegmentName);
  }

  async has(name: string): Promise<boolean> {
    return (await this.#store.stat(`${this.#folder}/${name}`)) !== null;
  }

  /** Nothing of one that all repositories have meanwhile. */
  async *read(name: string): AsyncGenerator<Uint8Array> {
    try {
      yield* createReadStream(this.path(name), { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }

  /** Durable when it returns. @throws WAL_DIFFERS, STORE_FAILED, and what `body` throws */
  async put(name: string, body: () => StoreBody): Promise<"stored" | "present"> {
    try {
      await this.#store.put(`${this.#folder}/${name}`, body(), { ifAbsent: true });
      return "stored";
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    await this.compare(name, body());
    await syncFolder(this.path("")); // whoever put it there may have been killed before
    return "present";
  }

  /** Nothing when it is not there. @throws WAL_DIFFERS when it is there with other bytes */
  async compare(name: string, body: StoreBody): Promise<void> {
    if (!(await this.has(name))) return;
    const [here, given] = [await digestOf(this.read(name)), await digestOf(body)];
    if (here.checksum === given.checksum || !(await this.has(name))) return;
    throw new SkytoolsError("WAL_DIFFERS", `${name} waits in ${this.path("")} with other bytes`, {
      hint: "two clusters archive with one walmgr_data, or an old primary came back: find out which one is right",
    });
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }

  /** What writers who were killed have left. */
  async clearTemporary(beforeMs: number): Promise<void> {
    await this.#store.clearTemporary(`${this.#folder}/`, beforeMs);
  }

  async state(): Promise<SpoolState> {
    let [files, bytes, oldestMs] = [0, 0, Infinity];
    for (const name of await this.names()) {
      const found = await stat(this.path(name)).catch((error: unknown) => {
        if (isAbsent(error)) return null;
        throw error;
      });
      if (found === null) continue;
      files += 1;
      bytes += found.size;
      oldestMs = Math.min(oldestMs, found.mtimeMs);
    }
    return { files, bytes, oldestMs: files === 0 ? null : oldestMs };
  }
}
