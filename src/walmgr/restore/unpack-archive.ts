// Unpacks one archive of a backup into its place, and checks each file against the manifest while it is written.
import { SkytoolsError } from "../../errors/index.ts";
import { type ByteSource, type Checksum, createChecksum } from "../codec/index.ts";
import { incrementalTarget, type ManifestFile, type TarMember, TarReader } from "../formats/index.ts";
import type { FileWriter, OpenFile } from "./file-writer.ts";
import { PatchReader } from "./patch-reader.ts";
import { placeOf, type Tree } from "./tree.ts";

export interface KeptFile {
  readonly bytes: Buffer;
  readonly mode: number;
}

export interface UnpackOptions {
  readonly source: ByteSource;
  /** Null: the archive of the data directory. */
  readonly oid: string | null;
  readonly tree: Tree;
  readonly writer: FileWriter;
  /** What to do with a file; null: pass it over. */
  readonly actionOf: (path: string) => "write" | "patch" | "keep" | null;
  /** Makes the directories of the archive, also empty ones; else only those that files need. */
  readonly makesDirectories: boolean;
  readonly entries: ReadonlyMap<string, ManifestFile>;
  /** Takes the whole bytes of the files that `actionOf` keeps. */
  readonly keep: (path: string, file: KeptFile) => void;
  readonly onFile: (path: string) => void;
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** @throws ARCHIVE_INVALID, BACKUP_INVALID, VERIFY_FAILED when a file is not what the manifest says, ABORTED */
export async function unpackArchive(options: UnpackOptions): Promise<void> {
  const reader = new TarReader();
  const unpacker = new Unpacker(options);
  for await (const piece of options.source) {
    if (options.signal?.aborted === true) throw new SkytoolsError("ABORTED", "the restore was stopped by a signal");
    options.onBytes(piece.length);
    for (const event of reader.push(piece)) {
      if (event.type === "data") unpacker.data(event.bytes);
      else if (event.type === "end") unpacker.end();
      else if (event.member.kind === "directory") await unpacker.directory(event.member);
      else if (event.member.kind === "file") unpacker.begin(event.member);
    }
    const room = options.writer.room();
    if (room !== undefined) await room;
  }
  reader.finish();
}

/** What becomes of the bytes of the file that is being read. */
interface Target {
  readonly path: string;
  readonly entry: ManifestFile | null;
  readonly checksum: Checksum;
  readonly sizeBytes: number;
  readonly write: (bytes: Buffer) => void;
  readonly end: () => void;
}

class Unpacker {
  readonly #options: UnpackOptions;
  readonly #prefix: string;
  #target: Target | null = null;

  constructor(options: UnpackOptions) {
    this.#options = options;
    this.#prefix = options.oid === null ? "" : `pg_tblspc/${options.oid}/`;
  }

  async directory({ name, mode }: TarMember): Promise<void> {
    if (!this.#options.makesDirectories) return;
    await this.#options.writer.directory(placeOf(this.#options.tree, this.#prefix + name), mode);
  }

  begin(member: TarMember): void {
    const path = this.#prefix + member.name;
    const action = this.#options.actionOf(path);
    if (action === null) return;
    const entry = this.#options.entries.get(path) ?? null;
    const checksum = createChecksum(entry?.algorithm ?? "NONE");
    const common = { path, entry, checksum, sizeBytes: member.sizeBytes };
    if (action === "keep") this.#target = { ...common, ...this.#keeper(path, member.mode) };
    else if (action === "patch") this.#target = { ...common, ...this.#patcher(path) };
    else this.#target = { ...common, ...this.#opened(path, member.mode) };
  }

  data(bytes: Buffer): void {
    this.#target?.checksum.update(bytes);
    this.#target?.write(bytes);
  }

  end(): void {
    const target = this.#target;
    if (target === null) return;
    this.#target = null;
    target.end();
    const { path, entry, sizeBytes } = target;
    if (entry !== null && (entry.sizeBytes !== sizeBytes || entry.checksum !== target.checksum.digest())) {
      throw new SkytoolsError("VERIFY_FAILED", `the file ${path} of the backup is not what its manifest says`);
    }
    this.#options.onFile(path);
  }

  #opened(path: string, mode: number): OpenFile {
    return this.#options.writer.begin(placeOf(this.#options.tree, path), mode);
  }

  #keeper(path: string, mode: number): OpenFile {
    const parts: Buffer[] = [];
    const end = (): void => this.#options.keep(path, { bytes: Buffer.concat(parts), mode });
    return { write: (bytes) => void parts.push(bytes), end };
  }

  #patcher(path: string): OpenFile {
    const reader = new PatchReader();
    const place = placeOf(this.#options.tree, incrementalTarget(path) ?? path);
    const { writer } = this.#options;
    return {
      write: (bytes) => {
        const pieces = reader.push(bytes);
        if (pieces.length > 0) writer.patch(place, pieces, null);
      },
      end: () => writer.patch(place, [], reader.finish()),
    };
  }
}
