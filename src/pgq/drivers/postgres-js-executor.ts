// postgres.js. Its `unsafe` asks the server for the types of the parameters first, one more round trip, unless the
// statement is prepared; `prepare: false` in the options of the connection wins, as PgBouncer may need it.
import type { Executor, Parameter } from "../database.ts";
import type { PostgresJsLike } from "./executor-source.ts";
import { rowsOf } from "./rows.ts";

export function postgresJsExecutor(sql: PostgresJsLike): Executor {
  return {
    async query<R extends object>(text: string, params: readonly Parameter[] = []) {
      return rowsOf<R>(await sql.unsafe(text, params as never[], { prepare: true }));
    },
  };
}
