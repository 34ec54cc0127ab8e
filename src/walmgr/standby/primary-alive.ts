// Whether a primary is there still. Only silence counts as death: a server that answers with an error may take writes.
import { errnoOf, SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { isInRecovery } from "./promote.ts";

/** Asks every host where it may be; standbys are none. @throws ABORTED */
export async function isPrimaryAlive(
  hosts: readonly (() => Promise<Connection>)[],
  log: Pick<Logger, "warn">,
): Promise<boolean> {
  for (const connect of hosts) {
    try {
      await using db = await connect();
      if (!(await isInRecovery(db))) return true;
    } catch (error) {
      if (error instanceof SkytoolsError && error.code === "ABORTED") throw error;
      if (leavesOf(error).every(isSilence)) continue;
      log.warn({ error }, "this error does not say that the old primary is dead");
      return true;
    }
  }
  return false;
}

/** What happened in the end: an attempt has causes, and several of them where a name has several addresses. */
function leavesOf(error: unknown): readonly unknown[] {
  if (error instanceof AggregateError) return error.errors.flatMap(leavesOf);
  return error instanceof SkytoolsError && error.cause !== undefined ? leavesOf(error.cause) : [error];
}

const SILENT = ["ECONNREFUSED", "ENOENT", "EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"];

/** Nobody listens there, or nobody can be reached. A name that is not known says nothing about the server. */
function isSilence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.message === "timeout expired") return true;
  return "syscall" in error && error.syscall === "connect" && SILENT.includes(errnoOf(error) ?? "");
}
