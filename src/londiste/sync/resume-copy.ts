// Whether a copy that was begun by a worker that is gone can be gone on with. The rows are then of several snapshots: they
// become those of the newest one by replaying all that happened after the oldest, where each event brings the whole row.
import { randomUUID } from "node:crypto";
import { getCascadeConsumers, getNodeInfo } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { getConsumerPosition } from "../../pgq/index.ts";
import { type Connection, quoteFqname, snapshotCovers } from "../../postgres/index.ts";
import type { CopyRecorder, CopyScene, StoredRange } from "../copy/index.ts";
import type { TableHandler } from "../handler/index.ts";
import { addCopiedRange, beginCopy, readBegunCopy, takeOverCopy } from "../sql-calls/index.ts";
import { keysOfDefinitions, readStructure, type TableStructure, uniqueDefinitions } from "../structure/index.ts";
import { basisObstacle, changedBasis, makeDurable, readBasis } from "./copy-basis.ts";
import { copyConsumer, subjectOf, type TaskContext, type TaskTable } from "./task-context.ts";
import type { CopySource } from "./copy-source.ts";
import { isLoggedInFull } from "./logged-in-full.ts";
import { readTickSnapshot } from "./queries.ts";
import { readTableState } from "./table-state.ts";

/** Nothing has been copied yet: the copy can begin anew. */
export class CannotResume extends SkytoolsError {
  constructor(reason: string) {
    super("COPY_FAILED", reason);
  }
}

export interface CopyParts {
  readonly context: TaskContext;
  readonly table: TaskTable;
  readonly source: CopySource;
  /** A session on the source. */
  readonly there: Connection;
}

/** What of the set or the server makes a second snapshot unsafe whatever else may be; null: nothing. */
export async function copyObstacle(
  { context, table, there }: Omit<CopyParts, "source">,
  handler: TableHandler,
  condition: string | null,
): Promise<string | null> {
  const { info, db } = table;
  if (handler.copyRows !== null || condition !== null || handler.replay() !== null) {
    return `handler ${handler.name} does not take every row as it is`;
  }
  if (info.attributes.isTruncateSkipped) return "rows that were there before are kept";
  const { others, mayMakeTables } = await db.one<{ others: number; mayMakeTables: boolean }>(
    `select count(*)::int4 as others, has_database_privilege(current_database(), 'temp') as "mayMakeTables"
       from londiste.table_info
      where local and coalesce(dest_table, table_name) = $1 and (queue_name, table_name) <> ($2, $3)`,
    [info.dest, context.queue, info.name],
  );
  if (others > 0) return "the table has several sources";
  if (!mayMakeTables) return "the worker has no right to make temporary tables here";
  return await basisObstacle(there);
}

/** For a copy that begins: notes what it relies on, and each range. */
export function freshRecorder(parts: CopyParts): CopyRecorder {
  const token = randomUUID();
  return {
    async begin(scene) {
      const basis = JSON.stringify(await basisOf(parts, scene));
      await makeDurable(parts.there);
      await beginCopy(parts.table.db, subjectOf(parts.context, parts.table.info), { token, basis });
      return [];
    },
    stored: (target, range, snapshot) => store(parts, token, { target, range, snapshot }),
  };
}

/** For one that goes on: what is there is not copied again. Its begin() throws CannotResume. */
export function resumingRecorder(parts: CopyParts): CopyRecorder {
  const token = randomUUID();
  return {
    async begin(scene) {
      await requireResumable(parts, scene);
      await makeDurable(parts.there);
      const { info, db } = parts.table;
      const begun = await takeOverCopy(db, subjectOf(parts.context, info), token);
      return begun?.ranges ?? [];
    },
    planned(stored, wanted) {
      const { context, table } = parts;
      context.log.info(
        { table: table.info.name, stored, wanted },
        `copy is resumed: ${stored} of ${stored + wanted} ranges are here`,
      );
    },
    stored: (target, range, snapshot) => store(parts, token, { target, range, snapshot }),
  };
}

async function store(
  { context, table }: CopyParts,
  token: string,
  stored: { readonly target: Connection; readonly range: StoredRange; readonly snapshot: string },
): Promise<void> {
  if (await addCopiedRange(stored.target, subjectOf(context, table.info), { token, ...stored })) return;
  throw new SkytoolsError("COPY_FAILED", `another worker goes on with the copy of ${table.info.name}`);
}

async function basisOf({ context, table, source }: CopyParts, scene: CopyScene) {
  return await readBasis(scene, {
    node: source.node,
    queue: context.queue,
    table: table.info.name,
    sourceTable: source.table.dest,
    targetTable: table.info.dest,
  });
}

/** @throws CannotResume */
async function requireResumable(parts: CopyParts, scene: CopyScene): Promise<void> {
  const begun = await readBegunCopy(parts.table.db, subjectOf(parts.context, parts.table.info));
  if (begun === null || begun.ranges.length === 0) throw new CannotResume("no rows are here yet");
  const changed = changedBasis(begun.basis, await basisOf(parts, scene));
  if (changed !== null) throw new CannotResume(`${changed} changed`);
  const file = begun.ranges.find(({ part, filenode }) => {
    return scene.sourceSide.parts.find(({ name }) => name === part)?.filenode !== filenode;
  });
  if (file !== undefined) throw new CannotResume(`table ${file.part} was rewritten or emptied at the source`);
  const sides = [...scene.sourceSide.parts, ...scene.targetSide.parts];
  if (!sides.every(({ hasBlocks, isPermanent }) => hasBlocks && isPermanent)) {
    throw new CannotResume("a table that is unlogged or foreign may lose its rows");
  }
  const reason =
    (await positionObstacle(parts, begun.snapshots[0] ?? "")) ??
    (await loggingObstacle(parts)) ??
    (await keyObstacle(parts, scene));
  if (reason !== null) throw new CannotResume(reason);
}

/** All that is not in the oldest snapshot must still come. */
async function positionObstacle({ context, table, source, there }: CopyParts, oldest: string) {
  const { queue, consumer } = copyConsumer(context, table.info.name);
  const known = (await getCascadeConsumers(table.db, queue)).find((one) => one.consumer === consumer);
  const position = await getConsumerPosition(there, queue, consumer);
  const isKept = known?.provider === source.node && position !== null && position.lastTick === known.lastTick;
  const tick = isKept ? await readTickSnapshot(there, queue, known.lastTick) : null;
  return tick !== null && snapshotCovers(oldest, tick) ? null : "the source has not kept the events since then";
}

async function loggingObstacle({ context, source, there }: CopyParts): Promise<string | null> {
  const isRoot = (await getNodeInfo(there, context.queue))?.type === "root";
  if (!isRoot || (await isLoggedInFull(there, source.table.dest, context.queue))) return null;
  return "the source does not log every change with the whole row";
}

/**
 * A row that was moved between the snapshots is there twice, and one of the two must go: so each unique key must hold at
 * the source too, at every moment, and must not be in force here while rows come.
 */
async function keyObstacle({ context, table, source }: CopyParts, scene: CopyScene): Promise<string | null> {
  const { dest } = table.info;
  const here = await readStructure(scene.target, dest);
  const there = await readStructure(scene.source, source.table.dest);
  const ddl = (await readTableState(table.db, subjectOf(context, table.info)))?.droppedDdl ?? "";
  const definitions = uniqueDefinitions(ddl, dest);
  if (here?.kind !== "r") return "the table here is partitioned";
  if (here.indexes.some(({ isUnique }) => isUnique)) return "unique keys are in force here";
  if (definitions === null) return "the table here has keys that are deferrable, or exclude rows";
  const known = new Set(there === null ? [] : uniqueAtAnyMoment(there));
  if (!definitions.every((definition) => known.has(definition))) return "a key here is not unique at the source";
  if (await hasLooseCollation(scene.target, dest)) return "values that are not the same count as equal in a column";
  const keys = await keysOfDefinitions(scene.target, dest, definitions);
  return keys.some(({ isWhole }) => isWhole) ? null : "the table has no key that each row has";
}

function uniqueAtAnyMoment({ indexes, constraints }: TableStructure): readonly string[] {
  const isDeferrable = (name: string | null): boolean =>
    constraints.some((constraint) => constraint.name === name && constraint.isDeferrable);
  return indexes
    .filter(({ isUnique, isValid, constraint }) => isUnique && isValid && !isDeferrable(constraint))
    .map(({ definition }) => definition);
}

async function hasLooseCollation(db: Connection, table: string): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select exists (select from pg_attribute a join pg_collation l on l.oid = a.attcollation
                     where a.attrelid = $1::text::regclass and not l.collisdeterministic) as found`,
    [quoteFqname(table)],
  );
  return found;
}
