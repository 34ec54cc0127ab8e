// Which backup an incremental one can build on.
import type { ServerFacts } from "./server-facts.ts";
import { chainOf } from "./catalog.ts";
import { type BackupDescription, type DoneBackup, isDone } from "./description.ts";

export type ParentChoice = { readonly parent: DoneBackup } | { readonly parent: null; readonly why: string };

/** The newest usable one. The server itself decides later whether it still has the summaries of the WAL since then. */
export function chooseParent(
  backups: readonly BackupDescription[],
  server: Pick<ServerFacts, "systemId" | "major" | "timeline">,
  maxChain: number,
): ParentChoice {
  if (server.major < 17) return { parent: null, why: `PostgreSQL ${server.major} has no incremental backups` };
  const parent = backups
    .filter(isDone)
    .filter(({ systemId, serverVersion, timeline }) => {
      const major = Math.floor(serverVersion / 10_000);
      return systemId === server.systemId && major === server.major && timeline <= server.timeline;
    })
    .sort((a, b) => b.startedMs - a.startedMs)
    .at(0);
  if (parent === undefined) return { parent: null, why: "there is no earlier backup to build on" };
  const links = chainOf(parent, backups).length - 1;
  if (links >= maxChain) return { parent: null, why: `${links} incremental backups in a row are enough` };
  return { parent };
}
