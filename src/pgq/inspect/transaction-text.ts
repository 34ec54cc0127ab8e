// A transaction of somebody, in words.
import type { TransactionRow } from "../sql-calls/activity.ts";
import { spoken } from "./finding.ts";

export function describeTransaction({
  pid,
  gid,
  database,
  username,
  application,
  state,
  age_ms,
}: TransactionRow): string {
  const since = age_ms === null ? "" : ` for ${spoken(age_ms)}`;
  if (gid !== null) return `prepared transaction '${gid}' of database ${database ?? "?"}, waiting${since},`;
  const facts = [
    ...(application === null ? [] : [application]),
    ...(username === null ? [] : [`user ${username}`]),
    ...(database === null ? [] : [`database ${database}`]),
    ...(state === null ? [] : [`${state}${since}`]),
  ];
  return `a transaction of process ${pid ?? "?"}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
}

export function endTransaction({ pid, gid, database }: TransactionRow): string {
  if (gid === null) return `let it end, or end it: select pg_terminate_backend(${pid ?? 0});`;
  const literal = `'${gid.replaceAll("'", "''")}'`;
  return `in database ${database ?? "?"}: commit prepared ${literal}; or rollback prepared ${literal};`;
}
