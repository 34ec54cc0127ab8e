// What has to be known of a server before its backup begins.
import type { ReplicationConnection } from "../../postgres/index.ts";
import { parseSize } from "../../service/index.ts";
import { DEFAULT_SEGMENT_BYTES } from "../formats/index.ts";

export interface ServerFacts {
  readonly systemId: bigint;
  readonly timeline: number;
  readonly major: number;
  readonly serverVersion: number;
  readonly segmentBytes: number;
  readonly archives: boolean;
  readonly isStandby: boolean;
}

export async function readServerFacts(connection: ReplicationConnection): Promise<ServerFacts> {
  const { systemId, timeline } = await connection.identifySystem();
  const segmentBytes = sizeOf(await connection.show("wal_segment_size"));
  const archives = (await connection.show("archive_mode")) !== "off";
  const serverVersion = Number(await connection.show("server_version_num"));
  const isStandby = (await connection.show("in_hot_standby")) === "on";
  const major = Math.floor(serverVersion / 10_000);
  return { systemId, timeline, major, serverVersion, segmentBytes, archives, isStandby };
}

/** `16MB` */
function sizeOf(text: string): number {
  return parseSize(text) ?? DEFAULT_SEGMENT_BYTES;
}
