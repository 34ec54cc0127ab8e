// archive-push: a file that the server has finished goes into all repositories. Returns only when it is durable in each:
// the server may throw the file away then.
import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { SkytoolsError } from "../../errors/index.ts";
import {
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

/** @throws WRONG_USE, WAL_INVALID, WAL_DIFFERS, REPOSITORY_FOREIGN, STORE_FAILED */
export async function pushFile(
  repositories: readonly StoreRepository[],
  name: string,
  path: string,
): Promise<"stored" | "present"> {
  const file = parseWalFileName(name);
  if (file === null) throw new SkytoolsError("WRONG_USE", `"${name}" is not the name of a WAL file`);
  const facts = file.kind === "segment" || file.kind === "partial" ? await factsOf(file, path) : null;
  const results = await Promise.allSettled(repositories.map((repository) => pushTo(repository, file, path, facts)));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return results.some((result) => result.status === "fulfilled" && result.value === "stored") ? "stored" : "present";
}

async function pushTo(
  repository: StoreRepository,
  file: WalFileName,
  path: string,
  facts: ClusterFacts | null,
): Promise<"stored" | "present"> {
  if (facts !== null) await repository.enroll(facts);
  if (file.kind === "segment") return await repository.wal.putSegment(file.name, () => piecesOf(path));
  const bytes = await readFile(path);
  if (file.kind !== "partial" && bytes.length > SMALL_BYTES) {
    throw new SkytoolsError("WAL_INVALID", `${file.name} has ${bytes.length} bytes, which is too much for such a file`);
  }
  return await repository.wal.putOther(file.name, bytes);
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
    throw new SkytoolsError("STORE_FAILED", `${path} cannot be read`, { cause });
  }
}

function piecesOf(path: string): StoreBody {
  return createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}
