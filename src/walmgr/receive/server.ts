// What a receiver has to know of the server before it can ask for WAL.
import { SkytoolsError } from "../../errors/index.ts";
import type { ReplicationConnection, SystemIdentity } from "../../postgres/index.ts";
import { isSegmentSize } from "../formats/index.ts";
import type { ClusterFacts } from "../repository/index.ts";

export type OpenReplication = (signal: AbortSignal) => Promise<ReplicationConnection>;

export interface ServerFacts extends ClusterFacts, SystemIdentity {}

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

export async function askServer(connection: ReplicationConnection): Promise<ServerFacts> {
  const identity = await connection.identifySystem();
  const segmentBytes = parseServerSize(await connection.show("wal_segment_size"));
  return { ...identity, segmentBytes, major: connection.major };
}

/** `16MB`, as SHOW prints it. @throws REPLICATION_FAILED */
export function parseServerSize(text: string): number {
  const [, number, unit] = /^(\d+)(B|kB|MB|GB)$/.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[unit ?? ""] ?? NaN);
  if (isSegmentSize(bytes)) return bytes;
  throw new SkytoolsError("REPLICATION_FAILED", `the server says that WAL segments have a size of ${text}`);
}
