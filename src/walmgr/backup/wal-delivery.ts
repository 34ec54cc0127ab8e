// Whether somebody brings the WAL of a server into the repositories.
import { SkytoolsError } from "../../errors/index.ts";
import type { Repository } from "../repository/index.ts";
import type { ServerFacts } from "./server-facts.ts";

/** The server has an archive_command, or a receiver is at work for each of the repositories. */
export async function deliversWal(
  repositories: readonly Repository[],
  { archives }: Pick<ServerFacts, "archives">,
): Promise<boolean> {
  if (archives) return true;
  for (const repository of repositories) if (!(await hasReceiver(repository))) return false;
  return true;
}

async function hasReceiver(repository: Repository): Promise<boolean> {
  try {
    const lease = await repository.lease("receive");
    await lease.release();
    return false;
  } catch (error) {
    if (error instanceof SkytoolsError && error.code === "LEASE_HELD") return true;
    throw error;
  }
}
