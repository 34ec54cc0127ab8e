// Stores an archive as the files that are in it: each is an object of its own, as it is, and the archive's own object is the list
// of its members. Small files are held in memory and several are sent at once; large ones are sent while they come.
import { BytePipe, bytesOf, type ByteSource, expand } from "../codec/index.ts";
import { type TarEvent, type TarMember, TarReader } from "../formats/index.ts";
import { digesting, newDigest } from "../repository/index.ts";
import type { Store } from "../store/index.ts";
import type { BackupObject } from "./description.ts";
import { formatMember, objectOfMember, type StoredMember } from "./member-list.ts";
import { type ObjectPlan, putEverywhere, writeObject } from "./write-object.ts";

export interface FilesPlan extends Omit<ObjectPlan, "kind" | "coding"> {
  /** Files that are sent at the same time. */
  readonly parallel: number;
}

/** Held in memory, of all files together. */
const HELD_BYTES = 16 * 1024 * 1024;
const SMALL_BYTES = 1024 * 1024;

/** @throws ARCHIVE_INVALID, STORE_FAILED, CODEC_MISSING, and whatever the source throws; none of it is written after that */
export async function writeFiles(
  stores: readonly Store[],
  plan: FilesPlan,
  source: ByteSource,
  signal?: AbortSignal,
): Promise<BackupObject> {
  const list = new BytePipe();
  const name = `${plan.name.replace(/\.tar$/, "")}.members`;
  const { folder, oid = null, arrivesAs = "none" } = plan;
  const listPlan = { folder, name, oid, kind: "archive", coding: { compression: "none" } } as const;
  const listed = writeObject(stores, listPlan, list, signal);
  const writer = new FilesWriter(stores, plan, list, signal);
  listed.catch((reason: unknown) => writer.fail(reason));
  try {
    const reader = new TarReader();
    for await (const piece of expand(source, arrivesAs)) {
      for (const event of reader.push(piece)) {
        const slow = writer.take(event);
        if (slow !== undefined) await slow;
      }
    }
    reader.finish();
    await writer.finish();
    list.end();
    return { ...(await listed), form: "files", fileBytes: writer.writtenBytes };
  } catch (error) {
    list.fail(error);
    await writer.abandon(error);
    await Promise.allSettled([listed]);
    throw error;
  }
}

class FilesWriter {
  readonly #stores: readonly Store[];
  readonly #plan: FilesPlan;
  readonly #list: BytePipe;
  readonly #signal: AbortSignal | undefined;
  readonly #smallBytes: number;
  /** In the order of the archive. */
  readonly #sending: Promise<StoredMember>[] = [];
  /** Of the file that comes: all of it so far, or the way on which it goes out. */
  #small: Buffer[] = [];
  #large: BytePipe | null = null;
  #members = 0;
  #error: { readonly reason: unknown } | null = null;
  writtenBytes = 0;

  constructor(stores: readonly Store[], plan: FilesPlan, list: BytePipe, signal: AbortSignal | undefined) {
    this.#stores = stores;
    this.#plan = plan;
    this.#list = list;
    this.#signal = signal;
    this.#smallBytes = Math.min(SMALL_BYTES, HELD_BYTES / plan.parallel);
  }

  /** Returns a promise when it has to be waited for. @throws what a store threw */
  take(event: TarEvent): Promise<unknown> | undefined {
    if (this.#error !== null) throw this.#error.reason as Error;
    if (event.type === "member") return isLarge(event.member, this.#smallBytes) ? this.#open(event.member) : undefined;
    if (event.type === "end") return this.#end(event.member);
    if (this.#large !== null) return this.#large.write(event.bytes);
    this.#small.push(event.bytes);
    return undefined;
  }

  /** The next call throws it. */
  fail(reason: unknown): void {
    this.#error ??= { reason };
    this.#large?.abandon(); // who writes into it is let go
  }

  async finish(): Promise<void> {
    await this.#untilSending(0);
  }

  async abandon(reason: unknown): Promise<void> {
    this.#large?.fail(reason);
    await Promise.allSettled(this.#sending);
  }

  async #open(member: TarMember): Promise<void> {
    await this.#untilSending(this.#plan.parallel - 1);
    this.#large = new BytePipe();
    this.#send(this.#put(member, this.#large));
  }

  async #end(member: TarMember): Promise<void> {
    if (this.#large !== null) {
      this.#large.end();
      this.#large = null;
      return;
    }
    const bytes = Buffer.concat(this.#small);
    this.#small = [];
    if (member.name === "") return; // the directory itself
    await this.#untilSending(this.#plan.parallel - 1);
    if (member.kind === "file") this.#send(this.#put(member, bytesOf(bytes)));
    else this.#send(Promise.resolve({ ...member, object: null, checksum: null }));
  }

  #send(sent: Promise<StoredMember>): void {
    sent.catch((reason: unknown) => this.fail(reason));
    this.#sending.push(sent);
  }

  async #put(member: TarMember, body: ByteSource): Promise<StoredMember> {
    const { folder, oid = null } = this.#plan;
    const object = objectOfMember(oid, member, (this.#members += 1));
    const stored = newDigest();
    await putEverywhere(this.#stores, `${folder}/${object}`, digesting(body, stored), {
      sizeBytes: member.sizeBytes,
      signal: this.#signal,
    });
    this.writtenBytes += stored.sizeBytes;
    return { ...member, object, checksum: stored.checksum };
  }

  /** Waits until no more are on their way. */
  async #untilSending(limit: number): Promise<void> {
    while (this.#sending.length > limit) {
      const member = await (this.#sending.shift() as Promise<StoredMember>);
      await this.#list.write(Buffer.from(formatMember(this.#plan.oid ?? null, member)));
    }
  }
}

function isLarge({ kind, sizeBytes }: TarMember, smallBytes: number): boolean {
  return kind === "file" && sizeBytes > smallBytes;
}
