// Knex numbers parameters itself, from question marks in the order of the text.
import type { Executor, Parameter } from "../database.ts";
import type { KnexLike } from "./executor-source.ts";
import { rowsOf } from "./rows.ts";

export function knexExecutor(knex: KnexLike): Executor {
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = []) {
      const { text, bindings } = toQuestionMarks(sql, params);
      return rowsOf<R>(await knex.raw(text, bindings as never));
    },
  };
}

/** $1 to ?, one binding for each place; question marks of the statement's own are escaped. */
export function toQuestionMarks(
  sql: string,
  params: readonly Parameter[],
): { readonly text: string; readonly bindings: readonly Parameter[] } {
  const bindings: Parameter[] = [];
  const text = sql.replaceAll(/\?|\$(\d+)/g, (found, number: string | undefined) => {
    if (number === undefined) return `\\${found}`;
    bindings.push(params[Number(number) - 1] ?? null);
    return "?";
  });
  return { text, bindings };
}
