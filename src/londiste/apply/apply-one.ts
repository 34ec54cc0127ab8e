// One change by itself: keys that are NULL or change, tables where rows can look the same, and what is done after a
// conflict.
import { SkytoolsError } from "../../errors/index.ts";
import { quoteIdent } from "../../postgres/index.ts";
import type { RowChange } from "../row-events/index.ts";
import type { ApplyContext } from "./apply-context.ts";
import { columnOf, type Destination, uniqueKeyWithin } from "./destination.ts";
import { setInsert } from "./set-statements.ts";

type Value = string | null;

/** @returns rows that were hit. @throws DATABASE, REPLICA_TABLE */
export async function applyOne(context: ApplyContext, change: RowChange): Promise<number> {
  if (change.operation === "insert") return await insertOne(context, change);
  if (change.operation === "delete") return await deleteOne(context, change);
  return await updateOne(context, change);
}

export async function insertOne({ target, destination }: ApplyContext, change: RowChange): Promise<number> {
  const statement = setInsert(destination, change.shape);
  return await target.affected(statement.sql, statement.params([change]));
}

export async function updateOne({ target, destination }: ApplyContext, change: RowChange): Promise<number> {
  const params: Value[] = [];
  const set = change.shape.columns.flatMap((name, position) => {
    const column = columnOf(destination, name);
    const isSame =
      column.isAlwaysIdentity || (column.isExact && change.oldKey === null && change.shape.keys.includes(name));
    if (column.isGenerated || isSame) return [];
    return [`${quoteIdent(name)} = ${parameter(params, change.values[position] ?? null, column.type)}`];
  });
  const where = rowCondition(destination, change, params);
  if (set.length > 0) {
    return await target.affected(`update ${destination.only} t set ${set.join(", ")} where ${where}`, params);
  }
  return await target.affected(`select from ${destination.only} t where ${where}`, params);
}

export async function deleteOne({ target, destination }: ApplyContext, change: RowChange): Promise<number> {
  const params: Value[] = [];
  const where = rowCondition(destination, change, params);
  return await target.affected(`delete from ${destination.only} t where ${where}`, params);
}

/** Whether a row with the key of the change is there; with its new key when `isNew`. */
export async function rowExists(
  { target, destination }: ApplyContext,
  change: RowChange,
  isNew: boolean,
): Promise<boolean> {
  const params: Value[] = [];
  const where = rowCondition(destination, isNew ? withoutOldKey(change) : change, params);
  return (await target.affected(`select from ${destination.only} t where ${where} limit 1`, params)) > 0;
}

function withoutOldKey({ operation, shape, values }: RowChange): RowChange {
  return { operation, shape, values, oldKey: null };
}

/** Finds one row. Adds its values to `params`. @throws REPLICA_TABLE without a key */
export function rowCondition(destination: Destination, change: RowChange, params: Value[]): string {
  const { keys, keyPositions } = change.shape;
  if (keys.length === 0) {
    throw new SkytoolsError("REPLICA_TABLE", `an event of table ${destination.name} has no key to find its row`, {
      hint: "give the table a primary key on the root, or add it again with a unique index as its key",
    });
  }
  const values = change.oldKey ?? keyPositions.map((position) => change.values[position] ?? null);
  const unique = uniqueKeyWithin(destination, keys);
  const isNullFree = unique?.every(({ name }) => (values[keys.indexOf(name)] ?? null) !== null) ?? false;
  if (unique !== null && isNullFree) {
    const found = unique.map(({ name, equals }) => {
      return `t.${quoteIdent(name)} ${equals} ${parameter(params, values[keys.indexOf(name)] ?? null, columnOf(destination, name).type)}`;
    });
    return found.join(" and ");
  }
  const conditions = keys.map((name, index) => equalCondition(destination, name, values[index] ?? null, params));
  return `(t.tableoid, t.ctid) = (select s.tableoid, s.ctid from ${destination.only} s where ${conditions.join(" and ")} limit 1)`;
}

function equalCondition(destination: Destination, name: string, value: Value, params: Value[]): string {
  const column = columnOf(destination, name);
  const quoted = `s.${quoteIdent(name)}`;
  if (value === null) return `${quoted} is null`;
  const given = parameter(params, value, column.type);
  return column.hasEquality ? `${quoted} = ${given}` : `${quoted}::text = (${given})::text`;
}

function parameter(params: Value[], value: Value, type: string): string {
  params.push(value);
  return `$${params.length}::text::${type}`;
}
