// Takes in what BASE_BACKUP sends: archives go to the repositories as they come, the manifest at the end judges them.
import { SkytoolsError } from "../../errors/index.ts";
import type { Notice } from "../../postgres/index.ts";
import { bytesOf, type CompressionMethod } from "../codec/index.ts";
import { type Lsn, type Manifest, ManifestCheck, parseManifest } from "../formats/index.ts";
import { ArchiveCheck } from "./archive-check.ts";
import { ArchiveSink } from "./archive-sink.ts";
import type { BackupTablespace, BaseBackupEvent } from "./base-backup-stream.ts";
import type { BackupObject } from "./description.ts";
import type { BackupProgress } from "./request.ts";
import type { ChecksumAlgorithm } from "../codec/index.ts";
import type { ObjectPlan } from "./write-object.ts";

export interface ReceiveOptions {
  readonly checksums: ChecksumAlgorithm;
  /** How the server compresses. */
  readonly arrivesAs: CompressionMethod;
  readonly write: (
    plan: Omit<ObjectPlan, "folder" | "coding">,
    source: AsyncIterable<Uint8Array>,
  ) => Promise<BackupObject>;
  /** A complete segment of WAL that came inside of the backup. */
  readonly onSegment: (name: string, bytes: Buffer) => Promise<void>;
  readonly onNotice: (notice: Notice) => void;
  readonly onProgress: (progress: BackupProgress) => void;
}

export interface ReceivedBackup {
  readonly manifest: Manifest;
  readonly objects: readonly BackupObject[];
  readonly tablespaces: readonly BackupTablespace[];
  readonly endLsn: Lsn;
  readonly plainBytes: number;
  readonly fileCount: number;
  /** Small files of the data directory, by name: backup_label, tablespace_map, global/pg_control, PG_VERSION. */
  readonly kept: ReadonlyMap<string, Buffer>;
}

/** @throws BACKUP_FAILED when the files do not fit the manifest; ARCHIVE_INVALID, MANIFEST_INVALID, STORE_FAILED */
export async function receiveArchives(
  events: AsyncIterable<readonly BaseBackupEvent[]>,
  options: ReceiveOptions,
): Promise<ReceivedBackup> {
  const receiver = new ArchiveReceiver(options);
  try {
    for await (const some of events) {
      for (const event of some) {
        const slow = receiver.take(event);
        if (slow !== undefined) await slow;
      }
    }
    return await receiver.result();
  } catch (error) {
    await receiver.abandon(error);
    throw error;
  }
}

class ArchiveReceiver {
  readonly #options: ReceiveOptions;
  readonly #check: ManifestCheck;
  readonly #kept = new Map<string, Buffer>();
  readonly #objects: BackupObject[] = [];
  readonly #manifest: Buffer[] = [];
  #tablespaces: readonly BackupTablespace[] = [];
  #archive: { readonly sink: ArchiveSink; readonly check: ArchiveCheck } | null = null;
  #isManifest = false;
  #endLsn: Lsn | null = null;
  #plainBytes = 0;
  #doneBytes = 0;

  constructor(options: ReceiveOptions) {
    this.#options = options;
    this.#check = new ManifestCheck(options.checksums);
  }

  take(event: BaseBackupEvent): Promise<unknown> | undefined {
    switch (event.type) {
      case "data":
        return this.#data(event.bytes);
      case "archive":
        return this.#begin(event.oid);
      case "finished":
        return this.#finish();
      case "manifest":
        this.#isManifest = true;
        return undefined;
      case "tablespaces":
        this.#tablespaces = event.tablespaces;
        return undefined;
      case "end":
        this.#endLsn = event.lsn;
        return undefined;
      case "notice":
        this.#options.onNotice(event.notice);
        return undefined;
      case "start":
        return undefined;
    }
  }

  async result(): Promise<ReceivedBackup> {
    if (this.#endLsn === null) throw failed("it has no end");
    const bytes = Buffer.concat(this.#manifest);
    const manifest = parseManifest(bytes);
    const differences = this.#check.differences(manifest);
    if (differences.length > 0) throw failed(`files do not fit the manifest: ${differences.slice(0, 5).join("; ")}`);
    const object = await this.#options.write({ name: "backup_manifest", kind: "manifest" }, bytesOf(bytes));
    return {
      manifest,
      objects: [...this.#objects, object],
      tablespaces: this.#tablespaces,
      endLsn: this.#endLsn,
      plainBytes: this.#plainBytes,
      fileCount: manifest.files.length,
      kept: this.#kept,
    };
  }

  async abandon(reason: unknown): Promise<void> {
    await this.#archive?.sink.abandon(reason);
  }

  #data(bytes: Buffer): Promise<unknown> | undefined {
    if (this.#isManifest) {
      this.#manifest.push(bytes);
      return undefined;
    }
    if (this.#archive === null) throw failed("data came before its archive");
    const { sink, check } = this.#archive;
    const slow = sink.write(bytes);
    this.#progress(check.plainBytes);
    const segments = check.takeSegments();
    return segments.length === 0 ? slow : Promise.all([slow, this.#storeSegments(segments)]);
  }

  async #storeSegments(segments: readonly { readonly name: string; readonly bytes: Buffer }[]): Promise<void> {
    for (const { name, bytes } of segments) await this.#options.onSegment(name, bytes);
  }

  async #begin(oid: string | null): Promise<void> {
    if (this.#archive !== null) await this.#finish();
    const { arrivesAs, write } = this.#options;
    const check = new ArchiveCheck(this.#check, oid, this.#kept);
    const expectedBytes = this.#tablespaces.find((one) => one.oid === oid)?.sizeBytes;
    const plan = { name: `${oid ?? "base"}.tar`, kind: "archive", oid, expectedBytes } as const;
    const sink = new ArchiveSink(check, arrivesAs, (source) =>
      write(arrivesAs === "none" ? plan : { ...plan, arrivesAs }, source),
    );
    this.#archive = { sink, check };
  }

  async #finish(): Promise<void> {
    if (this.#archive === null) return;
    const { sink, check } = this.#archive;
    this.#objects.push(await sink.finish());
    await this.#storeSegments(check.takeSegments());
    this.#plainBytes += check.plainBytes;
    this.#archive = null;
  }

  /** At most once a megabyte. */
  #progress(ofArchive: number): void {
    const doneBytes = this.#plainBytes + ofArchive;
    if (doneBytes - this.#doneBytes < 1024 * 1024) return;
    this.#doneBytes = doneBytes;
    const totalBytes = this.#tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.#options.onProgress({ doneBytes, totalBytes });
  }
}

function failed(what: string): SkytoolsError {
  return new SkytoolsError("BACKUP_FAILED", `the backup cannot be used: ${what}`);
}
