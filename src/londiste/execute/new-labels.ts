// Labels that a script adds to an enum. PostgreSQL lets nobody use one before the transaction that adds it has ended, and the
// rows that have it may be of the same batch. So replay adds them ahead, in a session of their own; they harm nobody when
// the batch comes again.
import { type Connection, PostgresError, tokenizeSql } from "../../postgres/index.ts";

/** Who holds the type may be the batch itself. */
const LOCK_TIMEOUT = "1s";

/** The statement, so that it can be repeated; null: it is another one. */
export function labelAddition(statement: string): string | null {
  const words = [...tokenizeSql(statement, { isFqident: true })].filter(({ kind }) => kind !== "ws");
  const [alter, type, name, add, value, ...rest] = words.map(({ text }) => text);
  const isAddition = [alter, type, add, value].join(" ").toLowerCase() === "alter type add value";
  if (!isAddition || name === undefined) return null;
  const label = rest.slice(0, 3).join(" ").toLowerCase() === "if not exists" ? rest.slice(3) : rest;
  return `alter type ${name} add value if not exists ${label.join(" ")}`;
}

/**
 * `open` gives a session beside `db`, whose transaction is open.
 * @returns false: it is no such statement, or can only be done in that transaction, as for a type that is made there
 */
export async function addLabelAhead(
  db: Connection,
  open: () => Promise<Connection>,
  statement: string,
): Promise<boolean> {
  const addition = labelAddition(statement);
  if (addition === null) return false;
  const { path } = await db.one<{ path: string }>("select pg_catalog.current_setting('search_path') as path");
  await using ahead = await open();
  try {
    await ahead.query("select pg_catalog.set_config('search_path', $1, false)", [path]);
    await ahead.query("select pg_catalog.set_config('lock_timeout', $1, false)", [LOCK_TIMEOUT]);
    await ahead.execute(addition);
    return true;
  } catch (error) {
    if (error instanceof PostgresError && ahead.isOpen) return false; // if it is wrong there too, it is told then
    throw error;
  }
}
