// The first half of a copy: none -> in-copy -> catching-up. All rows under one snapshot of the source, into a table without
// indexes. One that was begun by a worker that is gone goes on under another snapshot, where that is safe.
import { getConsumerPosition, subscribe, unsubscribe } from "../../pgq/index.ts";
import { registerCascadeConsumer } from "../../cascade/index.ts";
import { type Connection, quoteFqname } from "../../postgres/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { readBegunCopy, setDroppedDdl } from "../sql-calls/index.ts";
import { planDrop, readStructure } from "../structure/index.ts";
import type { CopyTableResult } from "../copy/index.ts";
import { awaitScripts } from "./await-scripts.ts";
import type { CopySource } from "./copy-source.ts";
import { copyRows } from "./copy-rows.ts";
import { CannotResume } from "./resume-copy.ts";
import { dropForeignKeys, withShortLock } from "./foreign-keys.ts";
import { holdForCopy } from "./quiet.ts";
import { changeTableState, readTableState } from "./table-state.ts";
import { ProgressTeller } from "./tell-progress.ts";
import { copyConsumer, Overtaken, readInfo, subjectOf, type TaskContext, type TaskTable } from "./task-context.ts";

const ROLE_POLL_MS = 500;
const WATCH_MS = 1_000;
const DEFAULT_MERGE_COPIES = 8;

/** @throws Overtaken; errors of either side, after which it can be called again */
export async function bulkCopy(context: TaskContext, table: TaskTable, source: CopySource): Promise<void> {
  const { info, db, signal, tell } = table;
  const subject = subjectOf(context, info);
  const stored = await readTableState(db, subject);
  if (stored === null) throw new Overtaken(info.name);
  if (stored.state.kind === "none") await begin(context, table);
  else if (stored.state.kind !== "in-copy") throw new Overtaken(info.name);

  tell({ phase: "structure" });
  const leads = await awaitTurn(context, table);
  await using there = await context.connections.node(source.node, "copy", signal);
  const lacking = await awaitScripts(context, table, source, there);
  if (leads) {
    await dropForeignKeys(db, info.dest, signal);
    await holdForCopy(db, info.dest, { log: context.log, signal });
  }
  const isResumed = stored.state.kind === "in-copy" && leads;
  const work = { source, there, lacking };
  const snapshot =
    (isResumed ? await goOn(context, table, work) : null) ?? (await beginAnew(context, table, { ...work, leads }));
  const isChanged = await changeTableState(db, subject, {
    from: { kind: "in-copy" },
    to: { kind: "catching-up" },
    snapshot,
  });
  if (!isChanged) throw new Overtaken(info.name);
}

interface CopyWork {
  readonly source: CopySource;
  /** A session on the source. */
  readonly there: Connection;
  readonly lacking: ReadonlySet<string>;
}

/** @returns the snapshot whose events are the first that are wanted; null: nothing was begun that can be gone on with */
async function goOn(context: TaskContext, table: TaskTable, work: CopyWork): Promise<string | null> {
  try {
    const planned = { ...work, isResumed: true };
    const newest = await watchedCopy(context, table, (watched) => copyRows(context, watched, planned));
    const begun = await readBegunCopy(table.db, subjectOf(context, table.info));
    return begun?.snapshots[0] ?? newest;
  } catch (error) {
    if (!(error instanceof CannotResume)) throw error;
    context.log.info({ table: table.info.name, reason: error.message }, "copy begins anew");
    return null;
  }
}

async function beginAnew(
  context: TaskContext,
  table: TaskTable,
  { leads, ...work }: CopyWork & { readonly leads: boolean },
): Promise<string> {
  await register(context, table, work);
  if (leads) await strip(context, table);
  const planned = { ...work, isResumed: false };
  return await watchedCopy(context, table, (watched) => copyRows(context, watched, planned));
}

async function begin(context: TaskContext, { info, db }: TaskTable): Promise<void> {
  const isChanged = await changeTableState(db, subjectOf(context, info), {
    from: { kind: "none" },
    to: { kind: "in-copy" },
    snapshot: null,
  });
  if (!isChanged) throw new Overtaken(info.name);
}

/** With several queues that feed one table, one leads: only it may change the table. @returns whether we do */
async function awaitTurn(context: TaskContext, { info, db, signal }: TaskTable): Promise<boolean> {
  for (;;) {
    const now = await readInfo(context, db, info.name);
    if (now.state.kind !== "in-copy") throw new Overtaken(info.name);
    const isFull = now.copyPosition >= (now.attributes.maxParallelCopy ?? DEFAULT_MERGE_COPIES);
    if (now.copyRole !== "wait-copy" && !isFull) return now.copyRole !== "wait-replay";
    signal.throwIfAborted();
    await context.clock.sleep(ROLE_POLL_MS, signal);
  }
}

/** From here on the source keeps all events for us. A position of a try that failed would only be older. */
async function register(context: TaskContext, table: TaskTable, { source, there }: CopyWork): Promise<void> {
  const consumer = copyConsumer(context, table.info.name);
  await unsubscribe(there, consumer.queue, consumer.consumer);
  await subscribe(there, consumer.queue, consumer.consumer);
  const position = await getConsumerPosition(there, consumer.queue, consumer.consumer);
  const tick = position?.lastTick ?? null;
  if (tick === null) throw new SkytoolsError("COPY_FAILED", `queue ${context.queue} of ${source.node} has no tick yet`);
  await registerCascadeConsumer(table.db, context.log, consumer, { provider: source.node, tick });
}

/** Takes off what makes the copy slow, in the transaction that writes it down, and empties the table. */
async function strip(context: TaskContext, { info, db, signal }: TaskTable): Promise<void> {
  const work = async (): Promise<void> => {
    const table = quoteFqname(info.dest);
    await db.execute(`lock table ${table} in access exclusive mode`);
    const stored = await readTableState(db, subjectOf(context, info), { isLocked: true });
    if (stored?.state.kind !== "in-copy") throw new Overtaken(info.name);
    const structure = await readStructure(db, info.dest);
    if (structure === null) throw new SkytoolsError("COPY_FAILED", `table ${info.dest} does not exist on this node`);
    const { drops, restores } = planDrop(structure);
    if (stored.droppedDdl === null && restores.length > 0) {
      await setDroppedDdl(db, context.log, context.queue, { table: info.name, ddl: `${restores.join(";\n")};` });
      for (const statement of drops) await db.execute(statement);
    }
    const only = structure.kind === "p" ? "" : "only ";
    if (!info.attributes.isTruncateSkipped) await db.execute(`truncate ${only}${table}`);
  };
  await withShortLock(db, work, signal);
}

async function watchedCopy(
  context: TaskContext,
  table: TaskTable,
  copy: (table: TaskTable) => Promise<CopyTableResult>,
): Promise<string> {
  const { log, clock } = context;
  const { info, signal, tell } = table;
  tell({ phase: "copying" });
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const teller = new ProgressTeller(context, info.name);
  const watch = watchState(context, { ...table, signal: both }, { stop, teller });
  const startedMs = clock.monotonicMs();
  try {
    const { rows, bytes, snapshot } = await copy({ ...table, signal: both, follow: (read) => teller.follow(read) });
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    await teller.end(table.db);
    log.info({ table: info.name, rows: String(rows), bytes: String(bytes), seconds }, "copy finished");
    return snapshot;
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    stop.abort();
    await watch;
  }
}

interface Watch {
  readonly stop: AbortController;
  readonly teller: ProgressTeller;
}

/** A copy of hours must not go on when nobody wants it any more, and people want to know how far it is. */
async function watchState(context: TaskContext, { info, signal }: TaskTable, { stop, teller }: Watch): Promise<void> {
  const { clock } = context;
  let db: Connection | null = null;
  try {
    for (;;) {
      await clock.sleep(WATCH_MS, signal);
      if (signal.aborted) return;
      db ??= await context.connections.target("copy watch", signal);
      const stored = await readTableState(db, subjectOf(context, info));
      if (stored?.state.kind !== "in-copy") stop.abort(new Overtaken(info.name));
      else await teller.tell(db);
    }
  } catch (error) {
    if (!signal.aborted) stop.abort(error);
  } finally {
    await db?.close();
  }
}
