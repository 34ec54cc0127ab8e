// Whether somebody brings the WAL of a server into the repositories.
import { SkytoolsError } from "../../errors/index.ts";
import type { Repository } from "../repository/index.ts";
import type { BackupRequest } from "./request.ts";
import type { ServerFacts } from "./server-facts.ts";

/**
 * The server has an archive_command, or a receiver is at work. A standby ends its backup in the middle of a segment: for that
 * one the receiver has to work in the repositories themselves, as elsewhere it stores complete ones only.
 */
export async function deliversWal(
  { repositories, receiver, signal }: Pick<BackupRequest, "repositories" | "receiver" | "signal">,
  { archives, isStandby }: Pick<ServerFacts, "archives" | "isStandby">,
): Promise<boolean> {
  if (archives) return true;
  const places = isStandby || receiver === undefined ? repositories : [receiver];
  for (const place of places) if (!(await hasReceiver(place, signal))) return false;
  return true;
}

async function hasReceiver(repository: Repository, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const lease = await repository.lease("receive", signal);
    await lease.release();
    return false;
  } catch (error) {
    if (error instanceof SkytoolsError && error.code === "LEASE_HELD") return true;
    throw error;
  }
}
