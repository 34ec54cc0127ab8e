// One statement of postgres.js. Without parameters it uses the simple protocol; nothing is prepared under a name.
import type { Parameter } from "../database.ts";
import type { PostgresJsPoolLike, PostgresJsReservedLike } from "./database-source.ts";

export async function runPostgresJs<R extends object>(
  sql: PostgresJsPoolLike | PostgresJsReservedLike,
  text: string,
  params: readonly Parameter[],
  options: object = {},
): Promise<R[]> {
  const rows = await sql.unsafe(text, params as never[], { ...options, prepare: false });
  return [...(rows as R[])];
}
