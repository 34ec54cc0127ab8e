// What the tasks of a worker share.
import type { MonotonicClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { ConflictPolicy } from "../apply/index.ts";
import type { CopyProgress } from "../copy/index.ts";
import type { HandlerRegistry } from "../handler/index.ts";
import { enterReplicaMode, getTableList } from "../sql-calls/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import type { SyncConnections, SyncSettings } from "./sync-options.ts";
import type { Slots } from "./slots.ts";
import type { StateSubject } from "./table-state.ts";

export interface TaskContext {
  readonly queue: string;
  readonly worker: string;
  readonly connections: SyncConnections;
  readonly handlers: HandlerRegistry;
  readonly conflict: ConflictPolicy;
  readonly settings: SyncSettings;
  readonly slots: Slots;
  readonly log: Logger;
  readonly clock: MonotonicClock;
  /** The tick up to which the main worker is, or will be with the batch that it has open; null: not known yet. */
  readonly mainTick: () => bigint | null;
  /** The main worker has something to do. */
  readonly wake: () => void;
}

/** One table that is being copied. */
export interface TaskTable {
  readonly info: TableInfo;
  /** The task's session on this node, as openReplica() makes it. */
  readonly db: Connection;
  readonly signal: AbortSignal;
  readonly tell: (progress: Partial<CopyProgress>) => void;
  /** Is handed a function that says how far the rows are. */
  readonly follow?: (progress: () => CopyProgress) => void;
}

/** Somebody else has changed the table's state: whatever the task was doing is not wanted any more. */
export class Overtaken extends SkytoolsError {
  constructor(table: string) {
    super("COPY_OVERTAKEN", `copy_sync: lost table ${table}`, {
      hint: "it was removed, or is to be copied anew; nothing is left to do",
    });
  }
}

/** What is stored cannot be gone on from; the copy begins anew. */
export class StartOver extends SkytoolsError {
  constructor(table: string, reason: string) {
    super("COPY_FAILED", `the copy of ${table} begins anew: ${reason}`);
  }
}

export function copyConsumer({ queue, worker }: Pick<TaskContext, "queue" | "worker">, table: string) {
  return { queue, consumer: `${worker}.copy.${table}` };
}

export function subjectOf({ queue, log }: TaskContext, { name }: TableInfo): StateSubject {
  return { queue, table: name, log };
}

/** A session on this node that replays: nothing that it writes is logged or refused. */
export async function openReplica({ connections }: TaskContext, signal: AbortSignal): Promise<Connection> {
  const db = await connections.target("copy", signal);
  try {
    await enterReplicaMode(db);
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** The table as it is stored now. @throws Overtaken when it is not local any more */
export async function readInfo(context: TaskContext, db: Connection, name: string): Promise<TableInfo> {
  const info = (await getTableList(db, context.queue)).find((table) => table.name === name && table.isLocal);
  if (info === undefined) throw new Overtaken(name);
  return info;
}
