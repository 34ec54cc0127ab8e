// wait-sync: until all local tables of the node are in sync.
import { SkytoolsError } from "../../errors/index.ts";
import { getTableList, readCopyProgress, type ToldProgress } from "../sql-calls/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import type { Member } from "./member.ts";

const PAUSE_MS = 250;

export interface SyncProgress {
  /** Local tables. */
  readonly total: number;
  readonly waiting: readonly TableInfo[];
  /** Those that came into sync since the last look. */
  readonly finished: readonly string[];
  /** Of those that are being copied. */
  readonly copies: readonly ToldProgress[];
}

/** @throws NAME_UNKNOWN when a table that is waited for leaves the node, SYNC_TIMEOUT, ABORTED */
export async function waitSync(
  { context, db }: Member,
  onProgress: (progress: SyncProgress) => Promise<void> | void,
): Promise<void> {
  const { queue, clock, signal, timeoutMs } = context;
  const startedMs = clock.now();
  let before: readonly string[] | null = null;
  for (;;) {
    const tables = (await getTableList(db, queue)).filter(({ isLocal }) => isLocal);
    const waiting = tables.filter(({ state }) => state.kind !== "ok");
    const gone = (before ?? []).filter((name) => !tables.some((table) => table.name === name));
    if (gone.length > 0) throw left(gone);
    const finished = (before ?? []).filter((name) => !waiting.some((table) => table.name === name));
    if (before === null || finished.length > 0 || waiting.length > 0) {
      const isCopying = waiting.some(({ state }) => state.kind === "in-copy");
      const copies = isCopying ? await readCopyProgress(db, queue) : [];
      await onProgress({ total: tables.length, waiting, finished, copies });
    }
    if (waiting.length === 0) return;
    before = waiting.map(({ name }) => name);
    if (timeoutMs !== null && clock.now() - startedMs >= timeoutMs) throw timedOut(timeoutMs, waiting);
    await clock.sleep(PAUSE_MS, signal);
    if (signal.aborted) throw new SkytoolsError("ABORTED", "stopped while waiting for tables");
  }
}

function left(names: readonly string[]): SkytoolsError {
  return new SkytoolsError("NAME_UNKNOWN", `${names.join(", ")} left this node before the copy was in sync`, {
    hint: "somebody took it out, here or on the root: missing lists what can be added again",
    details: { tables: names },
  });
}

function timedOut(timeoutMs: number, waiting: readonly TableInfo[]): SkytoolsError {
  const names = waiting.map(({ name, state }) => `${name} (${state.kind === "none" ? "not begun" : state.kind})`);
  return new SkytoolsError("SYNC_TIMEOUT", `waited ${timeoutMs / 1000} s for ${names.join(", ")}`, {
    hint: "see that the workers and the ticker run; the worker's log says why a copy fails",
    details: { tables: waiting.map(({ name }) => name) },
  });
}
