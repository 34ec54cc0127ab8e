// What is known of a copy that was begun: what it relies on, and the ranges whose rows are here.
import { type Connection, type Queryable, snapshotCovers } from "../../postgres/index.ts";
import type { StoredRange } from "../copy/index.ts";

export interface CopySubject {
  readonly queue: string;
  readonly table: string;
}

export interface BegunCopy {
  /** What the rows that are here rely on. */
  readonly basis: string;
  readonly ranges: readonly StoredRange[];
  /** Of all ranges, the oldest first. */
  readonly snapshots: readonly string[];
}

/** False for the C schema, which has no such tables. */
export async function hasCopiedRanges(db: Queryable): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    "select pg_catalog.to_regclass('londiste.copied_range') is not null as found",
  );
  return found;
}

/** Null: there is none. On any schema. */
export async function readBegunCopy(db: Queryable, { queue, table }: CopySubject): Promise<BegunCopy | null> {
  if (!(await hasCopiedRanges(db))) return null;
  const copy = await db.maybeOne<{ basis: string }>(
    "select basis from londiste.table_copy where queue_name = $1 and table_name = $2",
    [queue, table],
  );
  if (copy === null) return null;
  const rows = await db.query<RangeRow & Record<string, unknown>>(RANGES, [queue, table]);
  return {
    basis: copy.basis,
    ranges: rows.map(({ part, from, to, filenode, rows: count, bytes }) => {
      const fromBlock = from === 0n ? null : Number(from);
      return { part, fromBlock, toBlock: to === null ? null : Number(to), filenode, rows: count, bytes };
    }),
    snapshots: inOrder([...new Set(rows.map(({ snapshot }) => snapshot))]),
  };
}

interface RangeRow extends Omit<StoredRange, "fromBlock" | "toBlock"> {
  readonly from: bigint;
  readonly to: bigint | null;
  readonly snapshot: string;
}

const RANGES = `
  select part, from_block as "from", to_block as "to", filenode, copied_rows as rows, copied_bytes as bytes,
         copy_snapshot as snapshot
    from londiste.copied_range
   where queue_name = $1 and table_name = $2
   order by part, from_block`;

/** Snapshots of one server, taken one after the other. */
function inOrder(snapshots: readonly string[]): readonly string[] {
  return snapshots.toSorted((a, b) => (a === b ? 0 : snapshotCovers(a, b) ? 1 : -1));
}

/** Begins anew: what was known is forgotten. `token` is told with each range, so that nobody else stores any. */
export async function beginCopy(
  db: Connection,
  { queue, table }: CopySubject,
  { token, basis }: { readonly token: string; readonly basis: string },
): Promise<void> {
  await db.transaction(async () => {
    await db.query("select londiste._forget_copy($1, $2)", [queue, table]);
    await db.query("insert into londiste.table_copy (queue_name, table_name, token, basis) values ($1, $2, $3, $4)", [
      queue,
      table,
      token,
      basis,
    ]);
  });
}

/** From here on only ranges with this token are stored. @returns what is here; null: nobody has begun */
export async function takeOverCopy(db: Connection, subject: CopySubject, token: string): Promise<BegunCopy | null> {
  const changed = await db.affected(
    "update londiste.table_copy set token = $3 where queue_name = $1 and table_name = $2",
    [subject.queue, subject.table, token],
  );
  return changed === 0 ? null : await readBegunCopy(db, subject);
}

/** In the transaction that stores the rows. @returns false: somebody else has the copy */
export async function addCopiedRange(
  db: Connection,
  { queue, table }: CopySubject,
  { token, range, snapshot }: { readonly token: string; readonly range: StoredRange; readonly snapshot: string },
): Promise<boolean> {
  const { part, fromBlock, toBlock, filenode, rows, bytes } = range;
  const params = [queue, table, token, part, fromBlock ?? 0, toBlock, filenode, rows, bytes, snapshot];
  return (await db.affected(ADD_RANGE, params)) === 1;
}

const ADD_RANGE = `
  insert into londiste.copied_range (queue_name, table_name, part, from_block, to_block, filenode, copied_rows, copied_bytes,
         copy_snapshot)
  select c.queue_name, c.table_name, $4::text, $5::int8, $6::int8, $7::text, $8::int8, $9::int8, $10::text
    from londiste.table_copy c
   where c.queue_name = $1 and c.table_name = $2 and c.token = $3
     for share`;
