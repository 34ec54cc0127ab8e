// Which moments the WAL of a repository holds: restore points and commits on the way to a timeline. Taken from the indexes of
// segments, so hardly any WAL is read.
import { mapInOrder } from "../codec/index.ts";
import {
  type Commit,
  type RestorePoint,
  segmentName,
  segmentStart,
  type WalFindings,
  WalWalker,
} from "../formats/index.ts";
import { joinCut, type SegmentIndex } from "../repository/index.ts";
import type { ReadableWal } from "./readable-wal.ts";
import type { RouteStep } from "./wal-map.ts";

export interface Moments {
  readonly restorePoints: readonly RestorePoint[];
  readonly firstCommit: Commit | null;
  readonly lastCommit: Commit | null;
}

interface Step {
  readonly step: RouteStep;
  readonly index: SegmentIndex;
}

const PARALLEL = 8;
/** A commit with all its subtransactions, if it has not a quarter of a million of them. */
const COMMIT_BYTES = 1024 * 1024;

/** All of a route, in its order. @throws STORE_FAILED, REPOSITORY_DAMAGED */
export async function readMoments(
  wal: ReadableWal,
  segmentBytes: number,
  route: readonly RouteStep[],
): Promise<Moments> {
  const restorePoints: RestorePoint[] = [];
  let [firstCommit, lastCommit]: [Commit | null, Commit | null] = [null, null];
  const take = (findings: Omit<WalFindings, "endLsn">, { endLsn }: RouteStep): void => {
    restorePoints.push(...findings.restorePoints.filter(({ lsn }) => lsn <= endLsn));
    if (findings.firstCommit !== null && findings.firstCommit.lsn <= endLsn) firstCommit ??= findings.firstCommit;
    if (findings.lastCommit !== null && findings.lastCommit.lsn <= endLsn) lastCommit = findings.lastCommit;
  };
  let before: SegmentIndex | null = null;
  for await (const { step, index } of mapInOrder(route, PARALLEL, (one) => read(wal, segmentBytes, one))) {
    const joined = before === null ? null : joinCut(before, index, segmentStart(step.number, segmentBytes));
    if (joined !== null) take(joined, step);
    take(index, step);
    before = index;
  }
  return { restorePoints, firstCommit, lastCommit };
}

/** Reads from the end on, until there is one. */
export async function lastCommitOf(
  wal: ReadableWal,
  segmentBytes: number,
  route: readonly RouteStep[],
): Promise<Commit | null> {
  for (let i = route.length - 1; i >= 0; i -= 1) {
    const { lastCommit } = await readMoments(wal, segmentBytes, route.slice(Math.max(0, i - 1), i + 1));
    if (lastCommit !== null) return lastCommit;
  }
  return null;
}

/**
 * Reads the WAL itself, from the end on. Of a subtransaction it is the commit of the whole. Null: no such transaction was
 * committed on the route.
 */
export async function commitOf(
  wal: ReadableWal,
  segmentBytes: number,
  route: readonly RouteStep[],
  xid: number,
): Promise<Commit | null> {
  const found: Commit[] = [];
  const onCommit = (commit: Commit, subtransactions: readonly number[]): void => {
    if (commit.xid === xid || subtransactions.includes(xid)) found.push(commit);
  };
  for (let i = route.length - 1; i >= 0 && found.length === 0; i -= 1) {
    const [step, next] = [route[i] as RouteStep, route[i + 1]];
    const walker = new WalWalker({
      startLsn: segmentStart(step.number, segmentBytes),
      onCommit,
      lookBytes: COMMIT_BYTES,
      isStrict: step.usesPartial,
    });
    await walk(wal, segmentBytes, step, walker);
    if (walker.cut !== null && next !== undefined) await walk(wal, segmentBytes, next, walker);
  }
  return found.at(-1) ?? null;
}

async function read(wal: ReadableWal, segmentBytes: number, step: RouteStep): Promise<Step> {
  const name = segmentName({ timeline: step.timeline, number: step.number }, segmentBytes);
  if (!step.usesPartial) return { step, index: await wal.index(name) };
  const walker = new WalWalker({ startLsn: segmentStart(step.number, segmentBytes), isStrict: true });
  await walk(wal, segmentBytes, step, walker);
  return { step, index: { ...walker.findings, tail: null, lead: walker.lead } };
}

async function walk(wal: ReadableWal, segmentBytes: number, step: RouteStep, walker: WalWalker): Promise<void> {
  const name = segmentName({ timeline: step.timeline, number: step.number }, segmentBytes);
  const body = step.usesPartial ? await wal.getPartial(name) : await wal.getSegment(name);
  for await (const piece of body) walker.push(piece);
}
