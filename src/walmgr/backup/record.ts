// The folder of one backup while it is made: its objects, and backup.json, which says how far it is.
import { reasonOf } from "../../errors/index.ts";
import type { Lsn } from "../formats/index.ts";
import { ChunkPool } from "../chunks/index.ts";
import { bytesOf, type ByteSource, type Coding } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import type { BaseBackupEvent } from "./base-backup-stream.ts";
import {
  type BackupDescription,
  type BackupObject,
  type BackupType,
  DESCRIPTION_FILE,
  type DoneBackup,
  folderOf,
  formatDescription,
  setName,
  storedBytesOf,
} from "./description.ts";
import { backupDefaults, type BackupRequest } from "./request.ts";
import type { ServerFacts } from "./server-facts.ts";
import { writeChunks } from "./write-chunks.ts";
import { writeFiles } from "./write-files.ts";
import { type ObjectPlan, putEverywhere, writeObject } from "./write-object.ts";

export interface RecordOptions {
  readonly settings: Pick<
    BackupRequest,
    "repositories" | "coding" | "format" | "parallelObjects" | "clock" | "signal" | "label"
  >;
  readonly server: ServerFacts;
  readonly parent: DoneBackup | null;
  readonly startedMs: number;
}

export type BackupFacts = Pick<
  BackupDescription,
  "startLsn" | "timeline" | "from" | "hasDataChecksums" | "tablespaces" | "objects" | "plainBytes" | "fileCount"
> & {
  readonly endLsn: Lsn;
  /** Default: now. */
  readonly finishedMs?: number;
};

/** Everything of a backup of the format plain can be read as it is. */
const UNCODED: Coding = { compression: "none" };

function isStart(event: BaseBackupEvent): event is BaseBackupEvent & { readonly type: "start" } {
  return event.type === "start";
}

export class BackupRecord {
  readonly set: string;
  readonly type: BackupType;
  readonly label: string;
  readonly #options: RecordOptions;
  #description: BackupDescription | null = null;
  #pool: Promise<ChunkPool> | null = null;

  constructor(options: RecordOptions) {
    this.#options = options;
    this.type = options.parent === null ? "full" : "incremental";
    this.set = setName(options.startedMs, this.type);
    this.label = options.settings.label ?? this.set;
  }

  /** Writes down that it runs. */
  async begin(events: readonly BaseBackupEvent[]): Promise<void> {
    const { server, parent, startedMs } = this.#options;
    const start = events.find(isStart);
    await this.#write({
      set: this.set,
      type: this.type,
      state: "running",
      parent: parent?.set ?? null,
      systemId: server.systemId,
      serverVersion: server.serverVersion,
      segmentBytes: server.segmentBytes,
      from: "primary",
      label: this.label,
      startedMs,
      finishedMs: null,
      startLsn: start?.lsn ?? 0n,
      endLsn: null,
      timeline: start?.timeline ?? server.timeline,
      hasDataChecksums: false,
      tablespaces: [],
      objects: [],
      plainBytes: 0,
      storedBytes: 0,
      fileCount: 0,
      error: null,
    });
  }

  /** Writes an object; manifests and small files are compressed whoever compresses the rest. Of the format plain nothing is. */
  async write(plan: Omit<ObjectPlan, "folder" | "coding">, source: ByteSource): Promise<BackupObject> {
    const settings = { ...backupDefaults, ...this.#options.settings };
    const { repositories, coding, signal, format, parallelObjects: parallel } = settings;
    const stores = repositories.map(({ store }) => store);
    const isArchive = plan.kind === "archive";
    const object = { ...plan, folder: folderOf(this.set), coding: format === "plain" ? UNCODED : coding };
    if (isArchive && format === "plain") return await writeFiles(stores, { ...object, parallel }, source, signal);
    if (isArchive && format === "chunks") {
      const pool = await (this.#pool ??= ChunkPool.open(stores));
      return await writeChunks(stores, object, source, { pool, parallel, signal });
    }
    return await writeObject(stores, object, source, signal);
  }

  async done(facts: BackupFacts): Promise<DoneBackup> {
    const finished = {
      ...this.#current(),
      finishedMs: this.#options.settings.clock.now(),
      ...facts,
      storedBytes: storedBytesOf(facts),
      state: "done" as const,
    };
    await this.#write(finished);
    return finished;
  }

  /**
   * Leaves the reason and takes the objects away, but no chunks, which the next try need not send again; trouble with that is
   * not worth hiding the reason for.
   */
  async failed(error: unknown): Promise<void> {
    if (this.#description === null) return;
    const why = reasonOf(error);
    const finishedMs = this.#options.settings.clock.now();
    await this.#write({ ...this.#current(), state: "failed", finishedMs, error: why }).catch(() => undefined);
    for (const { store } of this.#options.settings.repositories) {
      await this.#clear(store).catch(() => undefined);
    }
  }

  /** Everything but the description. */
  async #clear(store: Store): Promise<void> {
    const folder = folderOf(this.set);
    for (const inside of await store.folders(folder)) await store.deleteFolder(`${folder}/${inside}`);
    const names: string[] = [];
    for await (const { name } of store.list(`${folder}/`)) names.push(name);
    await store.delete(names.filter((name) => name !== `${folder}/${DESCRIPTION_FILE}`));
  }

  #current(): BackupDescription {
    if (this.#description === null) throw new Error("the backup has not begun");
    return this.#description;
  }

  async #write(description: BackupDescription): Promise<void> {
    const stores = this.#options.settings.repositories.map(({ store }) => store);
    const name = `${folderOf(this.set)}/${DESCRIPTION_FILE}`;
    await putEverywhere(stores, name, bytesOf(formatDescription(description)));
    this.#description = description;
  }
}
