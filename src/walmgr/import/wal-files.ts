// Takes WAL files into repositories: directories of the old walmgr, of pg_receivewal, and any that an archive_command filled.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../service/index.ts";
import { readAll } from "../codec/index.ts";
import { checkSegmentHeader, LONG_HEADER_BYTES, parseWalFileName, walMagic } from "../formats/index.ts";
import { type ClusterFacts, putBegun, type StoreRepository, walkBegun } from "../repository/index.ts";
import { begunOf, type PackedFile, plainOf, splitPackedName } from "./packed-file.ts";
import { mayNotRead, namesIn } from "./reading.ts";

export interface ImportedWal {
  readonly segments: number;
  /** Files that were there already. */
  readonly present: number;
  /** Histories and labels of backups. */
  readonly others: number;
  /** Begun segments, up to the last record that is whole. */
  readonly partials: readonly string[];
}

export interface ImportWalOptions {
  readonly repositories: readonly StoreRepository[];
  readonly directory: string;
  /** What has no suffix is unfinished too, as in logs.partial. */
  readonly isUnfinished?: boolean;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

interface WalFile extends PackedFile {
  readonly name: string;
  readonly isPartial: boolean;
}

const PARTIAL = ".partial";

/** What is no WAL file is passed over. @throws WAL_INVALID, WAL_DIFFERS, REPOSITORY_FOREIGN, STORE_FAILED */
export async function importWal(options: ImportWalOptions): Promise<ImportedWal> {
  const { repositories, directory, isUnfinished = false, log, signal } = options;
  const files = (await namesIn(directory))
    .map((name) => fileOf(directory, name, isUnfinished))
    .filter((file) => file !== null)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  let [segments, present, others] = [0, 0, 0];
  const partials: string[] = [];
  for (const file of files) {
    if (signal?.aborted === true) break;
    const isSegment = parseWalFileName(file.name)?.kind === "segment";
    if (isSegment && file.isPartial) {
      if (await importPartial(options, file)) partials.push(file.name);
      continue;
    }
    const result = isSegment ? await importSegment(repositories, file) : await importOther(repositories, file);
    if (result === "present") present += 1;
    else if (isSegment) segments += 1;
    else others += 1;
    log.debug({ file: file.name, result }, "WAL file imported");
  }
  return { segments, present, others, partials };
}

function fileOf(directory: string, entry: string, isUnfinished: boolean): WalFile | null {
  const isPartial = entry.endsWith(PARTIAL);
  const { plainName: name, compression } = splitPackedName(isPartial ? entry.slice(0, -PARTIAL.length) : entry);
  if (parseWalFileName(name) === null) return null;
  return { name, path: join(directory, entry), compression, isPartial: isPartial || isUnfinished };
}

async function importSegment(repositories: readonly StoreRepository[], file: WalFile): Promise<"stored" | "present"> {
  const facts = await factsOf(file);
  const results: ("stored" | "present")[] = [];
  for (const repository of repositories) {
    await repository.enroll(facts);
    results.push(await repository.wal.putSegment(file.name, () => plainOf(file)));
  }
  return results.includes("stored") ? "stored" : "present";
}

async function importOther(repositories: readonly StoreRepository[], file: WalFile): Promise<"stored" | "present"> {
  const bytes = file.compression === "none" ? await readFile(file.path) : await readAll(plainOf(file));
  const results: ("stored" | "present")[] = [];
  for (const { wal } of repositories) results.push(await wal.putOther(file.name, bytes));
  return results.includes("stored") ? "stored" : "present";
}

/** Its end is not written anywhere: the records say it. False: there is nothing in it, or the whole segment is stored. */
async function importPartial({ repositories, signal }: ImportWalOptions, file: WalFile): Promise<boolean> {
  const facts = await factsOf(file).catch((error: unknown) => {
    if (mayNotRead(error)) throw error;
    return null;
  });
  if (facts === null) return false;
  const begun = walkBegun(file.name, await readAll(begunOf(file)), facts.segmentBytes);
  let isStored = false;
  for (const repository of repositories) {
    await repository.enroll(facts);
    if (await putBegun(repository, begun, { isCopy: false, signal })) isStored = true;
  }
  return isStored;
}

async function factsOf(file: WalFile): Promise<ClusterFacts> {
  let head = Buffer.alloc(0);
  for await (const piece of file.isPartial ? begunOf(file) : plainOf(file)) {
    head = Buffer.concat([head, piece]);
    if (head.length >= LONG_HEADER_BYTES) break;
  }
  const { magic, long } = checkSegmentHeader(file.name, head, { systemId: null, segmentBytes: null, major: null });
  const major = Object.entries(walMagic).find(([, value]) => value === magic)?.[0];
  return { systemId: long?.systemId ?? 0n, segmentBytes: long?.segmentBytes ?? 0, major: Number(major) };
}
