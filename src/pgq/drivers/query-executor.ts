// pg, and whatever has query(text, values): PGlite, TypeORM, our connections, another Executor.
import { createHash } from "node:crypto";
import type { Executor, Parameter } from "../database.ts";
import type { QueryLike } from "./executor-source.ts";
import { rowsOf } from "./rows.ts";

export function queryExecutor(target: QueryLike): Executor {
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = []) {
      return rowsOf<R>(await target.query(sql, [...params]));
    },
  };
}

/** The same with statements prepared once a session, which pg does for those that have a name. */
export function preparingExecutor(target: QueryLike): Executor {
  // pg's other form of the call; the type has the plain one only, since that is what others have.
  const client = target as unknown as { query(config: NamedStatement): PromiseLike<unknown> };
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = []) {
      return rowsOf<R>(await client.query({ name: statementName(sql), text: sql, values: params }));
    },
  };
}

interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly Parameter[];
}

const names = new Map<string, string>();

/** From the text, so that two versions of this library in one session do not give one name to two statements. */
function statementName(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = `skytools_${createHash("sha256").update(sql).digest("hex").slice(0, 24)}`;
    names.set(sql, name);
  }
  return name;
}
