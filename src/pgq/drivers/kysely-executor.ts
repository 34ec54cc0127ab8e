// Kysely runs what its own compiler would have made. Plugins are left out: they rename columns.
import type { Executor, Parameter } from "../database.ts";
import type { KyselyLike } from "./executor-source.ts";
import { rowsOf } from "./rows.ts";

export function kyselyExecutor(target: KyselyLike): Executor {
  const db = target.withoutPlugins();
  return {
    async query<R extends object>(sql: string, parameters: readonly Parameter[] = []) {
      const query = { sql, parameters, query: rawNode(sql), queryId: { queryId: "skytools" } };
      return rowsOf<R>(await db.executeQuery(query as never));
    },
  };
}

/** What `sql.raw` leaves for plugins and dialects to look at. */
function rawNode(sql: string): object {
  return { kind: "RawNode", sqlFragments: [sql], parameters: [] };
}
