// The rows of one table from its source, as its handler wants them.
import type { Connection } from "../../postgres/index.ts";
import { commonColumns, type CopyRecorder, copyTable, type CopyTableResult } from "../copy/index.ts";
import type { TableHandler } from "../handler/index.ts";
import { hasCopiedRanges } from "../sql-calls/index.ts";
import type { CopySource } from "./copy-source.ts";
import { CannotResume, copyObstacle, freshRecorder, resumingRecorder } from "./resume-copy.ts";
import { openReplica, StartOver, type TaskContext, type TaskTable } from "./task-context.ts";

export interface CopyPlanned {
  readonly source: CopySource;
  /** A session on the source. */
  readonly there: Connection;
  /** Columns of the source that this node does without. */
  readonly lacking: ReadonlySet<string>;
  /** A copy was begun, and may be gone on with. */
  readonly isResumed: boolean;
}

/** @throws CannotResume */
export async function copyRows(
  context: TaskContext,
  table: TaskTable,
  { source, there, lacking, isResumed }: CopyPlanned,
): Promise<CopyTableResult> {
  const { info, db } = table;
  const handler = context.handlers.open({ table: info.name, dest: info.dest, handler: info.attributes.handler });
  const condition = await handler.copyCondition({ source: there, target: db });
  const obstacle = await copyObstacle({ context, table, there }, handler, condition);
  if (isResumed && obstacle !== null) throw new CannotResume(obstacle);
  const parts = { context, table, source, there };
  const canRecord = obstacle === null && (await hasCopiedRanges(db));
  const record = isResumed ? resumingRecorder(parts) : canRecord ? freshRecorder(parts) : undefined;
  const copy = ordinaryCopy(context, table, { source, lacking, record });
  if (handler.copyRows === null) return await copy({ condition });
  return await copyByHandler(handler.copyRows, { there, table, source, condition, copy });
}

type OrdinaryCopy = (wish: {
  readonly condition: string | null;
  readonly columns?: readonly string[];
}) => Promise<CopyTableResult>;

function ordinaryCopy(
  context: TaskContext,
  { info, signal, tell, follow }: TaskTable,
  { source, lacking, record }: Pick<CopyPlanned, "source" | "lacking"> & { readonly record: CopyRecorder | undefined },
): OrdinaryCopy {
  const { log, clock, connections, settings, slots } = context;
  return ({ condition, columns }) =>
    copyTable({
      source: (until) => connections.node(source.node, "copy", until),
      target: (until) => openReplica(context, until),
      sourceTable: source.table.dest,
      targetTable: info.dest,
      columns,
      condition,
      record,
      connections: settings.connectionsFor(info.name),
      spare: { most: slots.total, take: () => slots.takeSpare(), isWanted: () => slots.isWaitedFor },
      onColumns: ({ onlySource, onlyTarget }) => {
        const fresh = onlySource.find((name) => !lacking.has(name));
        if (fresh !== undefined) throw new StartOver(info.name, `the source has got a column: ${fresh}`);
        if (onlySource.length + onlyTarget.length === 0) return;
        log.warn({ table: info.name, onlySource, onlyTarget }, "columns of one side only are not copied");
      },
      onProgress: (progress) => tell({ ...progress, table: info.name }),
      onBegin: (progress) => follow?.(progress),
      clock,
      signal,
    });
}

interface HandlerCopy {
  readonly there: Connection;
  readonly table: TaskTable;
  readonly source: CopySource;
  readonly condition: string | null;
  readonly copy: OrdinaryCopy;
}

/** What the handler reads itself, it reads under the snapshot of its session; the ordinary copy has one of its own. */
async function copyByHandler(
  copyRowsOf: NonNullable<TableHandler["copyRows"]>,
  { there, table, source, condition, copy }: HandlerCopy,
): Promise<CopyTableResult> {
  const sourceTable = source.table.dest;
  const { info, db, signal } = table;
  const columns = await commonColumns({ source: there, sourceTable, target: db, targetTable: info.dest, signal });
  await there.execute("begin isolation level repeatable read, read only");
  const { snapshot } = await there.one<{ snapshot: string }>("select txid_current_snapshot()::text as snapshot");
  const ordinary: CopyTableResult[] = [];
  const request = { source: there, target: db, sourceTable, columns, condition, signal };
  const { rows, bytes } = await copyRowsOf(request, async (wish) => {
    const result = await copy({ condition: wish.condition, columns: wish.columns });
    ordinary.push(result);
    return { rows: Number(result.rows), bytes: Number(result.bytes) };
  });
  return ordinary[0] ?? { rows: BigInt(rows), bytes: BigInt(bytes), snapshot };
}
