// Which backup an incremental one can build on.
import { reasonOf } from "../../errors/index.ts";
import type { ServerFacts } from "./server-facts.ts";
import { chainOf } from "./catalog.ts";
import { type BackupDescription, compareAge, type DoneBackup, isDone, isSameMoment } from "./description.ts";

export type ParentChoice = { readonly parent: DoneBackup } | { readonly parent: null; readonly why: string };

/** What one of the repositories has. */
export interface Listed {
  readonly description: string;
  readonly backups: readonly BackupDescription[];
}

/** The newest usable one, if all repositories have it with all that it builds on. The server itself decides later whether it still has the summaries of the WAL since then. */
export function chooseParent(
  repositories: readonly Listed[],
  server: Pick<ServerFacts, "systemId" | "major" | "timeline">,
  maxChain: number,
): ParentChoice {
  if (server.major < 17) return { parent: null, why: `PostgreSQL ${server.major} has no incremental backups` };
  const usable = (repositories[0]?.backups ?? [])
    .filter(isDone)
    .filter(({ systemId, serverVersion, timeline }) => {
      const major = Math.floor(serverVersion / 10_000);
      return systemId === server.systemId && major === server.major && timeline <= server.timeline;
    })
    .sort(compareAge)
    .reverse();
  const [newest] = usable;
  if (newest === undefined) return { parent: null, why: "there is no earlier backup to build on" };
  // The one that was combined does as well, where another repository was away at that time.
  const candidates = usable
    .filter((one) => isSameMoment(one, newest))
    .map((parent) => ({ parent, why: brokenAnywhere(parent, repositories) }));
  const { parent } = candidates.find(({ why }) => why === null) ?? { parent: null };
  if (parent === null) return { parent, why: candidates[0]?.why ?? "" };
  const links = chainOf(parent, repositories[0]?.backups ?? []).length - 1;
  if (links >= maxChain) return { parent: null, why: `${links} incremental backups in a row are enough` };
  return { parent };
}

/** Null: each of them has it. */
function brokenAnywhere(parent: DoneBackup, repositories: readonly Listed[]): string | null {
  for (const { description, backups } of repositories) {
    const why = brokenAt(parent, backups);
    if (why !== null) return `${why} in ${description}`;
  }
  return null;
}

/** Null: the backup is there, and all that it builds on. */
function brokenAt({ set }: DoneBackup, backups: readonly BackupDescription[]): string | null {
  const found = backups.filter(isDone).find((one) => one.set === set);
  if (found === undefined) return `the backup ${set} is not there`;
  try {
    chainOf(found, backups);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}
