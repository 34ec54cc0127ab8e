// Functions of pgq_node and londiste answer with ret_code and ret_note, and leave what they have done so far when they
// answer with an error. Here such an answer becomes an error of ours, and is rolled back.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";

/** 1xx: nothing to tell. 2xx: done. 3xx: warning. 4xx, 5xx: error. */
export interface AnswerRow {
  readonly ret_code: number;
  readonly ret_note: string | null;
}

/** What an error NODE_REFUSED has in `details`. */
export interface RefusedDetails {
  readonly answer: number;
  readonly function: string;
}

/**
 * Calls a function that changes something, in the transaction that is open on the connection, else in one of its own;
 * logs its note (2xx info, 3xx warning, else debug). The statement is `select * from schema.function(…)`.
 * @throws NODE_REFUSED for an answer from 400 on, so that the transaction is rolled back
 */
export async function callNode<R extends AnswerRow = AnswerRow>(
  db: Connection,
  log: Logger,
  sql: string,
  params: readonly unknown[],
): Promise<R> {
  const call = async (): Promise<R> => {
    const row = await db.one<R>(sql, params);
    checkAnswer(row, sql);
    return row;
  };
  const row = db.isInTransaction ? await call() : await db.transaction(call);
  logAnswer(log, row);
  return row;
}

/** Calls a function that only reads. null: what was asked for is not there (404). @throws NODE_REFUSED for other errors */
export async function askNode<R extends AnswerRow>(
  db: Queryable,
  sql: string,
  params: readonly unknown[],
): Promise<R | null> {
  const row = await db.one<R>(sql, params);
  if (row.ret_code === 404) return null;
  checkAnswer(row, sql);
  return row;
}

/** @param refusals the least answer that is one. @throws NODE_REFUSED */
export function checkAnswer({ ret_code, ret_note }: AnswerRow, sql: string, refusals = 400): void {
  if (ret_code < refusals) return;
  const name = /\bfrom\s+([\w.]+)\s*\(/i.exec(sql)?.[1] ?? sql;
  const details: RefusedDetails = { answer: ret_code, function: name };
  throw new SkytoolsError("NODE_REFUSED", ret_note ?? `${name} answered ${ret_code}`, { details });
}

/** Whether an error is such an answer; with a number: that one. */
export function isRefused(error: unknown, answer?: number): boolean {
  if (!(error instanceof SkytoolsError) || error.code !== "NODE_REFUSED") return false;
  return answer === undefined || (error.details as RefusedDetails | undefined)?.answer === answer;
}

export function logAnswer(log: Logger, { ret_code, ret_note }: AnswerRow): void {
  if (ret_note === null) return;
  const fields = { answer: ret_code };
  if (ret_code < 200) log.debug(fields, ret_note);
  else if (ret_code < 300) log.info(fields, ret_note);
  else log.warn(fields, ret_note);
}
