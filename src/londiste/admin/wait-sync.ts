// wait-sync: until all local tables of the node are in sync.
import { SkytoolsError } from "../../errors/index.ts";
import { getTableList } from "../sql-calls/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import type { Member } from "./member.ts";

const PAUSE_MS = 250;

export interface SyncProgress {
  /** Local tables. */
  readonly total: number;
  readonly waiting: readonly TableInfo[];
  /** Those that came into sync since the last look. */
  readonly finished: readonly string[];
}

/** @throws SYNC_TIMEOUT, ABORTED */
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
    const finished = (before ?? []).filter((name) => !waiting.some((table) => table.name === name));
    if (before === null || finished.length > 0 || waiting.length > 0) {
      await onProgress({ total: tables.length, waiting, finished });
    }
    if (waiting.length === 0) return;
    before = waiting.map(({ name }) => name);
    if (timeoutMs !== null && clock.now() - startedMs >= timeoutMs) throw timedOut(timeoutMs, waiting);
    await clock.sleep(PAUSE_MS, signal);
    if (signal.aborted) throw new SkytoolsError("ABORTED", "stopped while waiting for tables");
  }
}

function timedOut(timeoutMs: number, waiting: readonly TableInfo[]): SkytoolsError {
  const names = waiting.map(({ name, state }) => `${name} (${state.kind === "none" ? "not begun" : state.kind})`);
  return new SkytoolsError("SYNC_TIMEOUT", `waited ${timeoutMs / 1000} s for ${names.join(", ")}`, {
    hint: "see that the workers and the ticker run; the worker's log says why a copy fails",
    details: { tables: waiting.map(({ name }) => name) },
  });
}
