// The ancestry of the server's timeline. All history files are fetched each time: those of two servers that were promoted to
// the same timeline differ.
import { SkytoolsError } from "../../errors/index.ts";
import type { ReplicationConnection } from "../../postgres/index.ts";
import { type HistoryEntry, parseHistory } from "../formats/index.ts";

/** `store` gets each text. Returns the ancestry of `timeline`. */
export async function fetchHistories(
  connection: ReplicationConnection,
  timeline: number,
  store: (timeline: number, text: string) => Promise<void>,
): Promise<readonly HistoryEntry[]> {
  if (timeline === 1) return [];
  const text = await historyText(connection, timeline);
  const entries = parseHistory(text);
  for (const ancestor of [...entries.map((entry) => entry.timeline).filter((one) => one > 1), timeline]) {
    // A server need not have the files of all its ancestors.
    const found = ancestor === timeline ? text : await connection.timelineHistory(ancestor).then(toText);
    if (found !== null) await store(ancestor, found);
  }
  return entries;
}

async function historyText(connection: ReplicationConnection, timeline: number): Promise<string> {
  const found = toText(await connection.timelineHistory(timeline));
  if (found !== null) return found;
  throw new SkytoolsError("REPLICATION_FAILED", `the server is on timeline ${timeline} but has no history of it`);
}

function toText(found: { readonly content: Buffer } | null): string | null {
  return found === null ? null : found.content.toString("utf8");
}
