// `sql` of postgres.js.
import type { Database, Parameter } from "../database.ts";
import type { PostgresJsPoolLike } from "./database-source.ts";
import { runPostgresJs } from "./postgres-js-run.ts";
import { PostgresJsSession } from "./postgres-js-session.ts";

/** With the process id that the server gave in its greeting. */
interface Answer {
  readonly [row: number]: { readonly pid: number } | undefined;
  readonly state?: { readonly pid?: unknown };
}

export function postgresJsDatabase(sql: PostgresJsPoolLike): Database {
  return {
    query: <R extends object>(text: string, params: readonly Parameter[] = []) => runPostgresJs<R>(sql, text, params),
    async open() {
      return new PostgresJsSession(await sql.reserve());
    },
    async isPooled() {
      const rows = (await sql.unsafe("select pg_catalog.pg_backend_pid() as pid")) as Answer;
      const greeted = rows.state?.pid;
      return typeof greeted === "number" && greeted !== rows[0]?.pid;
    },
    // It reconnects by itself, so this listening ends only when it is stopped.
    async listen(channel, onNotify) {
      const listening = await sql.listen(channel, onNotify);
      let tellEnded: (reason: unknown) => void = () => undefined;
      const ended = new Promise<unknown>((resolve) => (tellEnded = resolve));
      return {
        ended,
        async stop() {
          tellEnded(null);
          await listening.unlisten();
        },
      };
    },
  };
}
