// Drizzle takes whatever can turn itself into a statement. It wraps errors of the server into its own, whose message
// lists the parameters; events are the user's data, so the server's error is thrown instead.
import type { Executor, Parameter } from "../database.ts";
import { sqlstateOf } from "../sqlstate-of.ts";
import type { DrizzleLike } from "./executor-source.ts";
import { rowsOf } from "./rows.ts";

export function drizzleExecutor(db: DrizzleLike): Executor {
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = []) {
      const statement = { toQuery: () => ({ sql, params: [...params] }), getSQL: () => statement };
      try {
        return rowsOf<R>(await db.execute(statement as never));
      } catch (error) {
        throw error instanceof Error && sqlstateOf(error.cause) !== null ? error.cause : error;
      }
    },
  };
}
