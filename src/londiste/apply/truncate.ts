// Empties tables, and only these: the origin has sent an event for each table that it emptied.
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { PostgresError } from "../../postgres/index.ts";
import { passOver } from "./conflict.ts";
import type { TableStructures } from "./table-structures.ts";

const FEATURE_NOT_SUPPORTED = "0A000";

/**
 * Differs from londiste 3.8: no CASCADE, which would empty tables that are not replicated. Where a table that is not
 * among them refers to one of them, its rows are deleted instead; in replica mode that touches no other table.
 */
export async function truncateTables(structures: TableStructures, names: readonly string[]): Promise<void> {
  const { target } = structures;
  const tables: string[] = [];
  for (const name of names) tables.push((await structures.destination(name)).only);
  await target.execute("savepoint londiste_truncate");
  try {
    await target.execute(`truncate ${tables.join(", ")}`);
  } catch (error) {
    if (!(error instanceof PostgresError) || error.sqlstate !== FEATURE_NOT_SUPPORTED) throw error;
    await target.execute("rollback to savepoint londiste_truncate");
    for (const table of tables) await target.execute(`delete from ${table}`);
  }
  await target.execute("release savepoint londiste_truncate");
}

/** Names the events, as a conflict does. */
export function truncateError(
  { names, events }: { readonly names: readonly string[]; readonly events: readonly string[] },
  cause: unknown,
): SkytoolsError {
  return new SkytoolsError(
    "REPLICA_TABLE",
    `event ${events.join(", ")}, truncate of ${names.join(", ")}: ${reasonOf(cause)}`,
    {
      cause,
      hint: `let the worker truncate the table; or ${passOver(events)}`,
    },
  );
}
