// The archives of the last backup of a chain as if it had been a full one: what came whole goes through as it is, and in the
// place of each incremental file stands the whole one, from the scratch directory. The manifest follows, as from a server.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { SkytoolsError } from "../../errors/index.ts";
import { type BaseBackupEvent, type DoneBackup, openObject } from "../backup/index.ts";
import { type ByteSource, type ChecksumAlgorithm, createChecksum, type MainKey } from "../codec/index.ts";
import {
  checksumsOf,
  formatManifest,
  incrementalTarget,
  makeTarHeader,
  type Manifest,
  type ManifestFile,
  tarEnd,
  type TarMember,
  tarPadding,
  TarReader,
  withoutIncremental,
} from "../formats/index.ts";
import { placeOf, type Tree } from "../restore/index.ts";
import type { Store } from "../store/index.ts";

export interface CombinedArchivesOptions {
  readonly store: Store;
  readonly keys: readonly MainKey[];
  readonly backup: DoneBackup;
  readonly manifest: Manifest;
  /** Has the whole files. */
  readonly tree: Tree;
}

type Events = AsyncGenerator<readonly BaseBackupEvent[]>;

/** @throws BACKUP_INVALID, ARCHIVE_INVALID, REPOSITORY_DAMAGED, STORE_FAILED, and what reading the scratch directory throws */
export async function* combinedArchives(options: CombinedArchivesOptions): Events {
  const { store, keys, backup, manifest } = options;
  const changed = new Map<string, ManifestFile>();
  for (const object of backup.objects.filter(({ kind }) => kind === "archive")) {
    const prefix = object.oid === null ? "" : `pg_tblspc/${object.oid}/`;
    yield [{ type: "archive", oid: object.oid }];
    const repacker = new Repacker(options, prefix, changed);
    yield* repacker.repack(await openObject(store, backup, object, keys));
    yield [...data(tarEnd()), { type: "finished" }];
  }
  const files = manifest.files.map((file) => changed.get(file.path) ?? file);
  const end = { type: "end", lsn: backup.endLsn, timeline: backup.timeline } as const;
  yield [{ type: "manifest" }, ...data(formatManifest({ ...manifest, files })), end];
}

const LABEL = "backup_label";

class Repacker {
  readonly #tree: Tree;
  readonly #prefix: string;
  readonly #algorithm: ChecksumAlgorithm;
  readonly #entries: ReadonlyMap<string, ManifestFile>;
  /** Entries of the new manifest, by the paths of the old one. */
  readonly #changed: Map<string, ManifestFile>;
  #isLeftOut = false;
  #label: Buffer[] | null = null;

  constructor({ tree, manifest }: CombinedArchivesOptions, prefix: string, changed: Map<string, ManifestFile>) {
    this.#tree = tree;
    this.#prefix = prefix;
    this.#algorithm = checksumsOf(manifest);
    this.#entries = new Map(manifest.files.map((file) => [file.path, file]));
    this.#changed = changed;
  }

  async *repack(source: ByteSource): Events {
    const reader = new TarReader();
    for await (const piece of source) {
      let events: BaseBackupEvent[] = [];
      for (const event of reader.push(piece)) {
        if (event.type === "data") {
          if (this.#label !== null) this.#label.push(event.bytes);
          else if (!this.#isLeftOut) events.push(...data(event.bytes));
        } else if (event.type === "end") events.push(...this.#end(event.member));
        else if (this.#isIncremental(event.member)) {
          yield events;
          events = [];
          yield* this.#wholeFile(event.member);
        } else if (this.#prefix + event.member.name === LABEL) this.#label = [];
        else events.push(...data(makeTarHeader(event.member)));
      }
      yield events;
    }
    reader.finish();
  }

  #isIncremental({ name, kind }: TarMember): boolean {
    this.#isLeftOut = kind === "file" && incrementalTarget(name) !== null;
    return this.#isLeftOut;
  }

  #end(member: TarMember): readonly BaseBackupEvent[] {
    if (this.#isLeftOut) return [];
    if (this.#label === null) return data(Buffer.alloc(tarPadding(member.sizeBytes)));
    const bytes = Buffer.from(withoutIncremental(Buffer.concat(this.#label).toString("utf8")));
    this.#label = null;
    const checksum = createChecksum(this.#algorithm);
    checksum.update(bytes);
    this.#change(member, LABEL, { sizeBytes: bytes.length, checksum: checksum.digest() });
    return data(makeTarHeader({ ...member, sizeBytes: bytes.length }), bytes, Buffer.alloc(tarPadding(bytes.length)));
  }

  async *#wholeFile(member: TarMember): Events {
    const name = incrementalTarget(member.name) ?? member.name;
    const place = placeOf(this.#tree, this.#prefix + name);
    const { size: sizeBytes } = await stat(place);
    yield data(makeTarHeader({ ...member, name, sizeBytes }));
    const checksum = createChecksum(this.#algorithm);
    for await (const piece of createReadStream(place, { highWaterMark: 1024 * 1024 })) {
      checksum.update(piece as Buffer);
      yield data(piece as Buffer);
    }
    yield data(Buffer.alloc(tarPadding(sizeBytes)));
    this.#change(member, this.#prefix + name, { sizeBytes, checksum: checksum.digest() });
  }

  #change({ name }: TarMember, path: string, now: Pick<ManifestFile, "sizeBytes" | "checksum">): void {
    const entry = this.#entries.get(this.#prefix + name);
    if (entry === undefined) {
      throw new SkytoolsError("BACKUP_INVALID", `${this.#prefix}${name} is not in the manifest of its backup`);
    }
    this.#changed.set(entry.path, { ...entry, path, ...now });
  }
}

function data(...pieces: readonly Buffer[]): readonly BaseBackupEvent[] {
  return pieces.filter(({ length }) => length > 0).map((bytes) => ({ type: "data", bytes }));
}
