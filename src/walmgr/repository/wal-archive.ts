// The WAL of one repository. A segment is there when its object is there; the record beside it adds checksums. Objects
// are made only if absent, so two writers of the same segment never mix, and what is stored is never changed.
import { createReadStream } from "node:fs";
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { bytesOf } from "../codec/index.ts";
import {
  type Lsn,
  parseSegmentName,
  segmentBefore,
  segmentName,
  segmentOf,
  segmentStart,
  WalWalker,
} from "../formats/index.ts";
import { DirectoryStore, isExisting, isMissing, type Store, type StoreBody, writeText } from "../store/index.ts";
import type { WalCoder } from "./coder.ts";
import { type Digest, digesting, digestOf, newDigest } from "./digest.ts";
import { acknowledge, addGap, readGaps } from "./gaps.ts";
import { readIdentity } from "./identity.ts";
import { type Layout, partialStateOf } from "./layout.ts";
import { OtherWalFiles } from "./other-files.ts";
import { formatPartialState, Partials, type PartialState } from "./partials.ts";
import { checkedSegment } from "./segment-check.ts";
import { findSegment, listLost, listSegments } from "./segment-list.ts";
import { indexOf, type SegmentIndex, walked } from "./segment-index.ts";
import { readRecord, writeRecord } from "./segment-record.ts";
import type {
  OtherWalFile,
  PartialSegment,
  RepositoryIdentity,
  SegmentRecord,
  StoredSegment,
  WalArchive,
  WalGap,
} from "./types.ts";

export interface WalArchiveOptions {
  readonly store: Store;
  readonly layout: Layout;
  readonly coder: WalCoder;
  readonly clock: Clock;
}

interface OpenedObject {
  readonly object: string;
  readonly stored: AsyncIterable<Uint8Array>;
}

/** Up to so many segments are looked for one by one; for more the timeline is listed. */
const FEW_SEGMENTS = 8n;
const READ_BYTES = 1024 * 1024;

export class StoreWalArchive implements WalArchive {
  readonly #store: Store;
  readonly #layout: Layout;
  readonly #coder: WalCoder;
  readonly #clock: Clock;
  readonly #others: OtherWalFiles;
  readonly #partials: Partials;
  #identity: RepositoryIdentity | null = null;

  constructor({ store, layout, coder, clock }: WalArchiveOptions) {
    this.#store = store;
    this.#layout = layout;
    this.#coder = coder;
    this.#clock = clock;
    this.#others = new OtherWalFiles(store, layout, coder);
    this.#partials = new Partials(store, layout);
  }

  async *segments(timeline?: number): AsyncGenerator<StoredSegment> {
    const { segmentBytes } = await this.#known();
    yield* await listSegments(this.#store, this.#layout, segmentBytes, timeline ?? null);
  }

  async lost(): Promise<readonly StoredSegment[]> {
    const { segmentBytes } = await this.#known();
    return await listLost(this.#store, this.#layout, segmentBytes);
  }

  async find(name: string): Promise<StoredSegment | null> {
    const { segmentBytes } = await this.#known();
    return await findSegment(this.#store, this.#layout, segmentBytes, name);
  }

  async hasRange(
    timeline: number,
    startLsn: Lsn,
    endLsn: Lsn,
    { partial = false }: { readonly partial?: boolean } = {},
  ): Promise<boolean> {
    const { segmentBytes } = await this.#known();
    const [first, last] = [segmentOf(startLsn, segmentBytes), segmentBefore(endLsn, segmentBytes)];
    const has = await this.#finder(timeline, last - first);
    for (let number = first; number <= last; number += 1n) {
      if (await has(number)) continue;
      return partial && number === last && (await this.#partialReaches(timeline, number, endLsn));
    }
    return true;
  }

  async putSegment(name: string, plain: () => StoreBody): Promise<"stored" | "present"> {
    const presence = await this.#presence(name, plain);
    if (presence === "same") return "present";
    if (presence === "lost") await this.#store.delete([this.#layout.record(name)]);
    const object = this.#layout.segment(name) + this.#coder.suffix;
    const plainDigest = newDigest();
    const storedDigest = this.#coder.isPlain ? plainDigest : newDigest();
    const walker = await this.#walker(name);
    const seen = walked(await this.#checked(name, plain()), walker);
    const coded = this.#coder.encode(digesting(seen, plainDigest));
    try {
      await this.#store.put(object, this.#coder.isPlain ? coded : digesting(coded, storedDigest), { ifAbsent: true });
    } catch (error) {
      if (!isExisting(error)) throw error;
      return await this.#joinExisting(name, object, await digestOf(await this.#checked(name, plain())));
    }
    return await this.#record(name, object, plainDigest, storedDigest, indexOf(walker));
  }

  /** Whether a segment with these bytes is stored. @throws WAL_INVALID, WAL_DIFFERS */
  async hasSegment(name: string, plain: () => StoreBody): Promise<boolean> {
    return (await this.#presence(name, plain)) === "same";
  }

  /** Stores a file that nobody changes any more; where possible without copying it. */
  async adoptSegment(name: string, path: string): Promise<"stored" | "present"> {
    const bytes = (): StoreBody => readFile(path);
    const store = this.#store;
    const object = this.#layout.segment(name) + this.#coder.suffix;
    const canLink = store instanceof DirectoryStore && this.#coder.isPlain;
    if (!canLink || (await readRecord(store, this.#layout.record(name))) !== null) {
      return await this.putSegment(name, bytes);
    }
    const walker = await this.#walker(name);
    const digest = await digestOf(walked(await this.#checked(name, bytes()), walker));
    if (!(await store.adopt(path, object))) return await this.putSegment(name, bytes);
    return await this.#record(name, object, digest, digest, indexOf(walker));
  }

  async getSegment(name: string): Promise<AsyncIterable<Uint8Array>> {
    const record = await readRecord(this.#store, this.#layout.record(name));
    const { object, stored } =
      (record === null ? null : await this.#opened(record.object)) ?? (await this.#found(name, record !== null));
    const plain = this.#coder.decode(stored, object);
    return record === null ? plain : this.#verified(name, plain, record);
  }

  async index(name: string): Promise<SegmentIndex> {
    const known = (await readRecord(this.#store, this.#layout.record(name)))?.index ?? null;
    if (known !== null) return { ...known, lead: known.lead === null ? null : await this.#coder.unseal(known.lead) };
    const walker = await this.#walker(name);
    for await (const piece of await this.getSegment(name)) walker.push(piece);
    return indexOf(walker);
  }

  async *others(): AsyncGenerator<OtherWalFile> {
    const { segmentBytes } = await this.#known();
    yield* this.#others.list(segmentBytes);
  }

  histories(): Promise<readonly number[]> {
    return this.#others.histories();
  }

  history(timeline: number): Promise<string | null> {
    return this.#others.history(timeline);
  }

  putHistory(timeline: number, text: string): Promise<"stored" | "present"> {
    return this.#others.putHistory(timeline, text);
  }

  putOther(name: string, bytes: Uint8Array): Promise<"stored" | "present"> {
    return this.#others.put(name, bytes);
  }

  /** Whether it is stored with these bytes. @throws WAL_DIFFERS */
  hasOther(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.#others.has(name, bytes);
  }

  getOther(name: string): Promise<Buffer | null> {
    return this.#others.get(name);
  }

  async partials(): Promise<readonly PartialSegment[]> {
    const { segmentBytes } = await this.#known();
    return await this.#partials.list(segmentBytes);
  }

  async getPartial(name: string): Promise<AsyncIterable<Uint8Array>> {
    const { segmentBytes } = await this.#known();
    const object = (await this.#partials.find(name, segmentBytes))?.object ?? this.#layout.partial(name);
    return this.#coder.decode(await this.#store.get(object), object);
  }

  async putPartial(
    name: string,
    bytes: Buffer,
    state: PartialState,
    { ifAbsent = false }: { readonly ifAbsent?: boolean } = {},
  ): Promise<void> {
    const object = this.#layout.partial(name) + this.#coder.suffix;
    await this.#store.put(object, this.#coder.encode(bytesOf(bytes)), { ifAbsent });
    await writeText(this.#store, partialStateOf(object), formatPartialState(state));
  }

  gaps(): Promise<readonly WalGap[]> {
    return readGaps(this.#store);
  }

  recordGap(gap: Omit<WalGap, "found" | "isAcknowledged">): Promise<void> {
    return addGap(this.#store, gap, this.#clock);
  }

  acknowledgeGaps(beforeLsn: Lsn): Promise<number> {
    return acknowledge(this.#store, beforeLsn, this.#clock);
  }

  async deleteSegments(segments: readonly StoredSegment[]): Promise<void> {
    // Records first: one without its segment would promise what is not there.
    await this.#store.delete(segments.map(({ name }) => this.#layout.record(name)));
    await this.#store.delete(segments.map(({ object }) => object));
  }

  async #known(): Promise<RepositoryIdentity> {
    this.#identity ??= await readIdentity(this.#store);
    if (this.#identity !== null) return this.#identity;
    throw new SkytoolsError("STORE_OBJECT_MISSING", `${this.#store.description} is not a repository yet`, {
      hint: "`receive`, `backup` or `archive-push` makes it at the first use",
    });
  }

  async #walker(name: string): Promise<WalWalker> {
    const { segmentBytes } = await this.#known();
    return new WalWalker({ startLsn: segmentStart(parseSegmentName(name, segmentBytes).number, segmentBytes) });
  }

  async #checked(name: string, body: StoreBody): Promise<AsyncIterable<Uint8Array>> {
    const { systemId, segmentBytes } = await this.#known();
    return checkedSegment(name, body, { systemId, segmentBytes, major: null });
  }

  async #finder(timeline: number, count: bigint): Promise<(number: bigint) => Promise<boolean>> {
    const { segmentBytes } = await this.#known();
    if (count < FEW_SEGMENTS) {
      return async (number) => (await this.find(segmentName({ timeline, number }, segmentBytes))) !== null;
    }
    const numbers = new Set<bigint>();
    for await (const segment of this.segments(timeline)) numbers.add(segment.number);
    return (number) => Promise.resolve(numbers.has(number));
  }

  async #partialReaches(timeline: number, number: bigint, endLsn: Lsn): Promise<boolean> {
    const { segmentBytes } = await this.#known();
    const found = await this.#partials.find(segmentName({ timeline, number }, segmentBytes), segmentBytes);
    return found !== null && found.flushedLsn >= endLsn;
  }

  /** "lost": its record is there, without its object. @throws WAL_INVALID, WAL_DIFFERS */
  async #presence(name: string, plain: () => StoreBody): Promise<"absent" | "same" | "lost"> {
    const known = await readRecord(this.#store, this.#layout.record(name));
    if (known === null) return "absent";
    this.#compare(name, known, await digestOf(await this.#checked(name, plain())));
    return (await this.#store.stat(known.object)) === null ? "lost" : "same";
  }

  #compare(name: string, known: SegmentRecord, given: Digest): "present" {
    if (known.plainChecksum === given.checksum) return "present";
    throw new SkytoolsError("WAL_DIFFERS", `${name} is in ${this.#store.description} with other bytes`, {
      hint: "two clusters archive into one repository, or an old primary came back: find out which one is right",
      details: { name, storedChecksum: known.plainChecksum, givenChecksum: given.checksum },
    });
  }

  /** The object was there, without a record: somebody was interrupted, or is about to write it. */
  async #joinExisting(name: string, object: string, given: Digest): Promise<"present"> {
    const stored = newDigest();
    const walker = await this.#walker(name);
    const body = this.#coder.decode(digesting(await this.#store.get(object), stored), object);
    const record = await this.#recordOf(object, await digestOf(walked(body, walker)), stored, indexOf(walker));
    const isSame = this.#compare(name, record, given);
    await writeRecord(this.#store, this.#layout.record(name), record);
    return isSame;
  }

  async #record(
    name: string,
    object: string,
    plain: Digest,
    stored: Digest,
    index: SegmentIndex,
  ): Promise<"stored" | "present"> {
    const record = await this.#recordOf(object, plain, stored, index);
    const other = await writeRecord(this.#store, this.#layout.record(name), record);
    if (other === null) return "stored";
    // Somebody else stored the segment meanwhile, in another coding.
    if (other.object !== object) await this.#store.delete([object]);
    return this.#compare(name, other, plain);
  }

  async #recordOf(object: string, plain: Digest, stored: Digest, index: SegmentIndex): Promise<SegmentRecord> {
    return {
      plainBytes: plain.sizeBytes,
      plainChecksum: plain.checksum,
      storedBytes: stored.sizeBytes,
      storedChecksum: stored.checksum,
      object,
      stored: new Date(this.#clock.now()).toISOString(),
      index: { ...index, lead: index.lead === null ? null : await this.#coder.seal(index.lead) },
    };
  }

  /** Null: it is not there. */
  async #opened(object: string): Promise<OpenedObject | null> {
    try {
      return { object, stored: await this.#store.get(object) };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** @throws STORE_OBJECT_MISSING when it was never stored, REPOSITORY_DAMAGED when it is lost */
  async #found(name: string, isRecorded: boolean): Promise<OpenedObject> {
    const found = await this.find(name);
    const opened = found === null ? null : await this.#opened(found.object);
    if (opened !== null) return opened;
    const where = this.#store.description;
    // Retention takes the record away first.
    if (!isRecorded || (await readRecord(this.#store, this.#layout.record(name))) === null) {
      throw new SkytoolsError("STORE_OBJECT_MISSING", `there is no ${name} in ${where}`);
    }
    throw new SkytoolsError("REPOSITORY_DAMAGED", `${name} was stored in ${where}, and its object is not there`, {
      hint: "another repository, the server or a standby may still have it: archive-push stores it again",
    });
  }

  async *#verified(name: string, plain: AsyncIterable<Uint8Array>, record: SegmentRecord): AsyncGenerator<Uint8Array> {
    const digest = newDigest();
    yield* digesting(plain, digest);
    if (digest.checksum === record.plainChecksum) return;
    throw new SkytoolsError("REPOSITORY_DAMAGED", `${name} in ${this.#store.description} is damaged`, {
      hint: "another repository, the server or a standby may still have it",
    });
  }
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}
