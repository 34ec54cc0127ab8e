// WAL files that are not segments: histories of timelines, labels of backups, the unfinished segment of a promotion.
import { SkytoolsError } from "../../errors/index.ts";
import { historyName, parseHistory, parseWalFileName, type WalFileName } from "../formats/index.ts";
import { isExisting, isMissing, type Store } from "../store/index.ts";
import { baseName, type Layout } from "./layout.ts";

export class OtherWalFiles {
  readonly #store: Store;
  readonly #layout: Layout;

  constructor(store: Store, layout: Layout) {
    this.#store = store;
    this.#layout = layout;
  }

  async histories(): Promise<readonly number[]> {
    const timelines: number[] = [];
    for await (const { name } of this.#store.list(this.#layout.historyPrefix)) {
      const file = parseWalFileName(baseName(name));
      if (file?.kind === "history") timelines.push(file.timeline);
    }
    return timelines.sort((a, b) => a - b);
  }

  async history(timeline: number): Promise<string | null> {
    return (await this.get(historyName(timeline)))?.toString("utf8") ?? null;
  }

  async putHistory(timeline: number, text: string): Promise<"stored" | "present"> {
    parseHistory(text);
    return await this.put(historyName(timeline), Buffer.from(text, "utf8"));
  }

  /** Null when it is not there. */
  async get(name: string): Promise<Buffer | null> {
    try {
      const pieces: Uint8Array[] = [];
      for await (const piece of await this.#store.get(this.#layout.other(fileOf(name)))) pieces.push(piece);
      return Buffer.concat(pieces);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** @throws WAL_DIFFERS */
  async put(name: string, bytes: Uint8Array): Promise<"stored" | "present"> {
    try {
      await this.#store.put(this.#layout.other(fileOf(name)), [bytes], {
        ifAbsent: true,
        sizeBytes: bytes.byteLength,
      });
      return "stored";
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    if ((await this.get(name))?.equals(bytes) === true) return "present";
    throw new SkytoolsError("WAL_DIFFERS", `${name} is in ${this.#store.description} with other content`, {
      hint: "two servers were promoted to the same timeline: find out which one is right",
    });
  }
}

function fileOf(name: string): WalFileName {
  const file = parseWalFileName(name);
  if (file === null || file.kind === "segment") {
    throw new SkytoolsError("WRONG_USE", `"${name}" is not a history, label or unfinished segment`);
  }
  return file;
}
