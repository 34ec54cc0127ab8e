// archive-push: a file that the server has finished goes into all repositories. Returns only when it is durable in each:
// the server may throw the file away then.
import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { readAll } from "../codec/index.ts";
import {
  checkHistory,
  checkSegmentHeader,
  LONG_HEADER_BYTES,
  parseWalFileName,
  type WalFileName,
  walMagic,
} from "../formats/index.ts";
import type { ClusterFacts, StoreRepository } from "../repository/index.ts";
import type { StoreBody } from "../store/index.ts";

const READ_BYTES = 1024 * 1024;
/** Histories and labels are much smaller. */
const SMALL_BYTES = 1024 * 1024;

/** A segment, unless initdb was told otherwise. */
const KEPT_BYTES = 16 * 1024 * 1024;
let keptMemory: Buffer | null = null;

/** A file that the server has finished. */
export interface PushedFile {
  readonly file: WalFileName;
  /** Of the cluster, as a segment says; null for what does not. */
  readonly facts: ClusterFacts | null;
  readonly body: () => StoreBody;
}

/** @throws WRONG_USE, WAL_INVALID, WAL_DIFFERS, REPOSITORY_FOREIGN, STORE_FAILED */
export async function pushFile(
  repositories: readonly StoreRepository[],
  name: string,
  path: string,
): Promise<"stored" | "present"> {
  return await withPushed(name, path, (pushed) => pushAll(repositories, pushed));
}

/** Its bytes are there until `use` has ended. @throws WRONG_USE, WAL_INVALID, STORE_FAILED */
export async function withPushed<T>(name: string, path: string, use: (pushed: PushedFile) => Promise<T>): Promise<T> {
  const file = parseWalFileName(name);
  if (file === null) throw new SkytoolsError("WRONG_USE", `"${name}" is not the name of a WAL file`);
  const facts = file.kind === "segment" || file.kind === "partial" ? await factsOf(file, path) : null;
  if (file.kind === "segment") return await withSegment(path, (body) => use({ file, facts, body }));
  const bytes = await readFile(path).catch(cannotRead(path));
  if (file.kind !== "partial" && bytes.length > SMALL_BYTES) {
    throw new SkytoolsError("WAL_INVALID", `${name} has ${bytes.length} bytes, which is too much for such a file`);
  }
  if (file.kind === "history") checkHistory(file.timeline, bytes.toString("utf8"));
  return await use({ file, facts, body: () => [bytes] });
}

export async function pushAll(
  repositories: readonly StoreRepository[],
  pushed: PushedFile,
): Promise<"stored" | "present"> {
  const results = await Promise.allSettled(repositories.map((repository) => pushTo(repository, pushed)));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return results.some((result) => result.status === "fulfilled" && result.value === "stored") ? "stored" : "present";
}

async function pushTo(repository: StoreRepository, { file, facts, body }: PushedFile): Promise<"stored" | "present"> {
  if (facts !== null) await repository.enroll(facts);
  if (file.kind === "segment") return await repository.wal.putSegment(file.name, body);
  return await repository.wal.putOther(file.name, await readAll(body()));
}

/** Whether it is there already with these bytes. @throws as pushFile */
export async function isPushedTo(repository: StoreRepository, { file, facts, body }: PushedFile): Promise<boolean> {
  if (facts !== null) await repository.enroll(facts);
  if (file.kind === "segment") return await repository.wal.hasSegment(file.name, body);
  return await repository.wal.hasOther(file.name, await readAll(body()));
}

/** The cluster, as the segment itself says; a repository that is new belongs to it then. */
async function factsOf({ name }: WalFileName, path: string): Promise<ClusterFacts> {
  const head = await readHead(path);
  const segment = name.slice(0, 24);
  const { magic, long } = checkSegmentHeader(segment, head, { systemId: null, segmentBytes: null, major: null });
  const major = Object.entries(walMagic).find(([, value]) => value === magic)?.[0];
  if (long === null) throw new SkytoolsError("WAL_INVALID", `${name} has no header`);
  return { systemId: long.systemId, segmentBytes: long.segmentBytes, major: Number(major) };
}

async function readHead(path: string): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(LONG_HEADER_BYTES), position: 0 });
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    return cannotRead(path)(cause);
  }
}

/**
 * Reads a segment of the usual size once for all repositories, into memory that the next push uses again: new memory for each
 * costs more than its checksums.
 */
async function withSegment<T>(path: string, use: (body: () => StoreBody) => Promise<T>): Promise<T> {
  const memory = keptMemory ?? Buffer.allocUnsafeSlow(KEPT_BYTES);
  keptMemory = null;
  const length = await readWhole(path, memory);
  const result = await use(length === null ? () => piecesOf(path) : () => piecesIn(memory.subarray(0, length)));
  keptMemory = memory; // not after an error: somebody may still be at work on it
  return result;
}

/** How many bytes it has; null when it is too long. */
async function readWhole(path: string, memory: Buffer): Promise<number | null> {
  try {
    await using file = await open(path, "r");
    if ((await file.stat()).size > memory.length) return null;
    let length = 0;
    while (length < memory.length) {
      const { bytesRead } = await file.read(memory, length, memory.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length;
  } catch (cause) {
    return cannotRead(path)(cause);
  }
}

function* piecesIn(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += READ_BYTES) yield bytes.subarray(at, at + READ_BYTES);
}

function piecesOf(path: string): StoreBody {
  return createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}

function cannotRead(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new SkytoolsError("STORE_FAILED", `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  };
}
