// WAL files that are not segments: histories of timelines, labels of backups, the unfinished segment of a promotion. That one
// holds rows, and is coded as segments are.
import { SkytoolsError } from "../../errors/index.ts";
import { bytesOf, readAll, splitCodedName } from "../codec/index.ts";
import { checkHistory, historyName, parseSegmentName, parseWalFileName, type WalFileName } from "../formats/index.ts";
import { isExisting, isMissing, type Store, type StoreBody } from "../store/index.ts";
import type { WalCoder } from "./coder.ts";
import { baseName, type Layout } from "./layout.ts";
import type { OtherWalFile } from "./types.ts";

/** What to do about WAL of one timeline from two servers. */
export const TWICE_PROMOTED =
  "two servers were promoted to the same timeline: connect to the one that was received from before, or give the other one " +
  "a walmgr_data and repositories of its own, and make a full backup of it";

export class OtherWalFiles {
  readonly #store: Store;
  readonly #layout: Layout;
  readonly #coder: WalCoder;

  constructor(store: Store, layout: Layout, coder: WalCoder) {
    this.#store = store;
    this.#layout = layout;
    this.#coder = coder;
  }

  async histories(): Promise<readonly number[]> {
    const timelines: number[] = [];
    for await (const { name } of this.#store.list(this.#layout.historyPrefix)) {
      const file = parseWalFileName(baseName(name));
      if (file?.kind === "history") timelines.push(file.timeline);
    }
    return timelines.sort((a, b) => a - b);
  }

  async *list(segmentBytes: number): AsyncGenerator<OtherWalFile> {
    for (const prefix of this.#layout.otherPrefixes) {
      for await (const { name: object } of this.#store.list(prefix)) {
        const file = parseWalFileName(baseName(splitCodedName(object).plainName));
        if (file === null || file.kind === "segment") continue;
        const { kind, name, timeline } = file;
        const number = kind === "history" ? null : parseSegmentName(name.slice(0, 24), segmentBytes).number;
        yield { kind, timeline, number, object };
      }
    }
  }

  async history(timeline: number): Promise<string | null> {
    return (await this.get(historyName(timeline)))?.toString("utf8") ?? null;
  }

  async putHistory(timeline: number, text: string): Promise<"stored" | "present"> {
    return await this.put(historyName(timeline), Buffer.from(text, "utf8"));
  }

  /** Null when it is not there. */
  async get(name: string): Promise<Buffer | null> {
    const file = fileOf(name);
    try {
      const object = file.kind === "partial" ? await this.#promoted(file) : this.#layout.other(file);
      return object === null ? null : await readAll(this.#coder.decode(await this.#store.get(object), object));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** @throws WAL_INVALID for a history that is none, WAL_DIFFERS */
  async put(name: string, bytes: Uint8Array): Promise<"stored" | "present"> {
    const file = fileOf(name);
    if (file.kind === "history") checkHistory(file.timeline, Buffer.from(bytes).toString("utf8"));
    const promoted = file.kind === "partial" ? await this.#promoted(file) : null;
    const object = promoted ?? this.#layout.other(file) + (file.kind === "partial" ? this.#coder.suffix : "");
    const body = (): StoreBody => (file.kind === "partial" ? this.#coder.encode(bytesOf(bytes)) : [bytes]);
    try {
      await this.#store.put(object, body(), { ifAbsent: true });
      return "stored";
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    if (await this.has(name, bytes)) return "present";
    await this.#store.put(object, body());
    return "stored";
  }

  /** Whether it is there with these bytes; a history that cannot be read is not. @throws WAL_DIFFERS */
  async has(name: string, bytes: Uint8Array): Promise<boolean> {
    const file = fileOf(name);
    const stored = await this.get(name);
    if (stored === null) return false;
    if (stored.equals(bytes)) return true;
    if (file.kind === "history" && !isHistory(file.timeline, stored)) return false;
    throw new SkytoolsError("WAL_DIFFERS", `${name} is in ${this.#store.description} with other content`, {
      hint: TWICE_PROMOTED,
    });
  }

  /** Its object, in whatever coding. */
  async #promoted(file: WalFileName): Promise<string | null> {
    const plain = this.#layout.other(file);
    for await (const { name } of this.#store.list(plain)) if (splitCodedName(name).plainName === plain) return name;
    return null;
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
