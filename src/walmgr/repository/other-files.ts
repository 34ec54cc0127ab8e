// WAL files that are not segments: histories of timelines, labels of backups, the unfinished segment of a promotion.
import { SkytoolsError } from "../../errors/index.ts";
import { checkHistory, historyName, parseWalFileName, type WalFileName } from "../formats/index.ts";
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

  /** @throws WAL_INVALID for a history that is none, WAL_DIFFERS */
  async put(name: string, bytes: Uint8Array): Promise<"stored" | "present"> {
    const file = fileOf(name);
    if (file.kind === "history") checkHistory(file.timeline, Buffer.from(bytes).toString("utf8"));
    const object = this.#layout.other(file);
    const sizeBytes = bytes.byteLength;
    try {
      await this.#store.put(object, [bytes], { ifAbsent: true, sizeBytes });
      return "stored";
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    const stored = await this.get(name);
    if (stored?.equals(bytes) === true) return "present";
    if (file.kind === "history" && stored !== null && !isHistory(file.timeline, stored)) {
      await this.#store.put(object, [bytes], { sizeBytes });
      return "stored";
    }
    throw new SkytoolsError("WAL_DIFFERS", `${name} is in ${this.#store.description} with other content`, {
      hint: "two servers were promoted to the same timeline: find out which one is right",
    });
  }
}

function isHistory(timeline: number, bytes: Buffer): boolean {
  try {
    checkHistory(timeline, bytes.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

function fileOf(name: string): WalFileName {
  const file = parseWalFileName(name);
  if (file === null || file.kind === "segment") {
    throw new SkytoolsError("WRONG_USE", `"${name}" is not a history, label or unfinished segment`);
  }
  return file;
}
