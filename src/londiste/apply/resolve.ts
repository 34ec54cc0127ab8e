// What a step that failed alone ran into, and how it gets its way all the same.
import { type Connection, PostgresError, quoteIdent } from "../../postgres/index.ts";
import { keyOfChange, type RowChange } from "../row-events/index.ts";
import { deleteOne, insertOne, rowCondition, rowExists, updateOne } from "./apply-one.ts";
import type { ApplyContext } from "./apply-context.ts";
import type { Conflict, ConflictKind } from "./conflict.ts";
import { columnOf, type Destination } from "./destination.ts";
import { partialSqlChange } from "./partial-sql-change.ts";
import { RowsDiffer } from "./rows-differ.ts";
import type { Step } from "./runs.ts";
import type { DestinationState } from "./table-state.ts";

const UNIQUE_VIOLATION = "23505";
const EXCLUSION_VIOLATION = "23P01";

/** Null: there is none, a trigger here did as it pleased. `context` is null when the table could not be read. */
export async function describeConflict(
  context: ApplyContext | null,
  { table, dest, policy }: DestinationState,
  step: Step,
  error: unknown,
): Promise<Conflict | null> {
  const change = changeOf(step);
  const kind = await conflictKind(context, change, error);
  if (kind === null) return null;
  return {
    kind,
    policy,
    table,
    dest,
    eventId: step.event.id,
    txid: step.event.txid,
    operation: change?.operation ?? "sql",
    key: change === null ? {} : keyOfChange(change),
    reason: error instanceof RowsDiffer ? null : (error as Error).message,
  };
}

async function conflictKind(
  context: ApplyContext | null,
  change: RowChange | null,
  error: unknown,
): Promise<ConflictKind | null> {
  if (error instanceof RowsDiffer) {
    if (error.count > 1) return "row-ambiguous";
    if (context === null || change === null) return "row-missing";
    return (await rowExists(context, change, false)) ? null : "row-missing";
  }
  const state = error instanceof PostgresError ? error.sqlstate : null;
  if (state === EXCLUSION_VIOLATION) return "unique-violation";
  if (state !== UNIQUE_VIOLATION) return "refused";
  const isSameKey = change?.operation === "insert" && change.shape.keys.length > 0;
  if (context === null || !isSameKey) return "unique-violation";
  return (await rowExists(context, change, true)) ? "row-exists" : "unique-violation";
}

/** Partial SQL is understood where that is possible; it is not what is run. */
function changeOf(step: Step): RowChange | null {
  if (step.kind === "change") return step.change;
  if (step.kind === "statement") return null;
  try {
    return partialSqlChange(step);
  } catch {
    return null;
  }
}

/** More unique keys than this no table has. */
const MOST_ROWS_IN_THE_WAY = 32;

/** @throws when that is not possible. @returns rows changed */
export async function overwrite(
  context: ApplyContext,
  step: Step,
  { kind }: Conflict,
  error: unknown,
): Promise<number> {
  const change = changeOf(step);
  if (change === null || kind === "row-ambiguous") throw error;
  if (kind === "row-missing") return change.operation === "delete" ? 0 : await forced(context, change, insertOne);
  if (change.operation === "insert" && kind === "row-exists") await deleteOne(context, change);
  return await forced(context, change, change.operation === "insert" ? insertOne : updateOne);
}

/** Deletes the rows that have one of the change's unique values, as the server names the indexes one by one. */
async function forced(
  context: ApplyContext,
  change: RowChange,
  apply: (context: ApplyContext, change: RowChange) => Promise<number>,
): Promise<number> {
  const { target, destination } = context;
  for (let i = 0; i < MOST_ROWS_IN_THE_WAY; i++) {
    await target.execute("savepoint londiste_forced");
    try {
      const rows = await apply(context, change);
      await target.execute("release savepoint londiste_forced");
      return rows;
    } catch (error) {
      if (!(error instanceof PostgresError) || error.sqlstate !== UNIQUE_VIOLATION) throw error;
      await target.execute("rollback to savepoint londiste_forced; release savepoint londiste_forced");
      await deleteInTheWay(target, destination, change, error);
    }
  }
  throw new RowsDiffer(1, 0);
}

const INDEX_COLUMNS = `
select a.attname as name
from pg_catalog.pg_class x
    join pg_catalog.pg_namespace n on n.oid = x.relnamespace
    join pg_catalog.pg_index i on i.indexrelid = x.oid
    join pg_catalog.pg_class c on c.oid = i.indrelid
    cross join lateral pg_catalog.unnest(i.indkey::int2[]) with ordinality k (attnum, ord)
    left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum > 0
where n.nspname = $1 and x.relname = $2 and i.indpred is null and k.ord <= i.indnkeyatts
order by k.ord`;

async function deleteInTheWay(
  target: Connection,
  destination: Destination,
  change: RowChange,
  error: PostgresError,
): Promise<void> {
  const { schema, constraint } = error.details ?? {};
  const columns = await target.query<{ name: string | null }>(INDEX_COLUMNS, [schema ?? null, constraint ?? null]);
  const params: (string | null)[] = [];
  const conditions = columns.map(({ name }) => {
    const position = name === null ? -1 : change.shape.columns.indexOf(name);
    if (name === null || position < 0) throw error; // an expression, or a column that the event does not carry
    params.push(change.values[position] ?? null);
    return `t.${quoteIdent(name)} = $${params.length}::text::${columnOf(destination, name).type}`;
  });
  if (conditions.length === 0) throw error;
  const own = change.operation === "update" ? ` and not (${rowCondition(destination, change, params)})` : "";
  const sql = `delete from ${destination.only} t where ${conditions.join(" and ")}${own}`;
  if ((await target.affected(sql, params)) === 0) throw error;
}
