// What the receiver does when the server has thrown away the WAL that comes next.
import { formatLsn, type ReplicationConnection } from "../../postgres/index.ts";
import type { FoundGap } from "../spool/index.ts";
import { fillGap, type FillGapOptions } from "./fill-gap.ts";
import type { WalPosition } from "./receive-area.ts";
import type { ServerFacts } from "./server.ts";
import { renewSlot, restartOf } from "./slot.ts";
import { roundDown } from "./start-position.ts";

export interface BridgeGapOptions extends Omit<FillGapOptions, "segmentBytes" | "systemId"> {
  readonly server: ServerFacts;
  /** To that server. */
  readonly connection: ReplicationConnection;
  readonly slot: string | null;
  /** What the server said. */
  readonly reason: string;
  readonly onGap: (gap: FoundGap) => Promise<void>;
}

/** Looks elsewhere; what nobody has is told as a gap. @returns where to go on */
export async function bridgeGap(options: BridgeGapOptions): Promise<WalPosition> {
  const { missing, server, connection, slot, reason, log, onGap } = options;
  const { systemId, segmentBytes } = server;
  const place = { timeline: missing.timeline, lsn: formatLsn(missing.lsn) };
  log.error({ ...place, reason }, "the server does not have the WAL any more that comes next");
  const filled = await fillGap({ ...options, systemId, segmentBytes });
  if (filled.lsn > missing.lsn) return filled;

  const kept = slot === null || !connection.isOpen ? null : await oldestKept(connection, slot, missing);
  const { timeline, lsn } = kept ?? { timeline: server.timeline, lsn: server.flushLsn };
  const next = { timeline, lsn: roundDown(lsn, segmentBytes) };
  if (next.lsn <= missing.lsn) return next;
  log.error(
    { ...place, end: formatLsn(next.lsn) },
    "WAL is lost: nothing between can be restored; make a full backup now",
  );
  await onGap({ timeline: missing.timeline, startLsn: missing.lsn, endLsn: next.lsn, reason });
  return next;
}

/** A slot that keeps WAL behind the missing one is used on; another one is made anew. */
async function oldestKept(
  connection: ReplicationConnection,
  slot: string,
  missing: WalPosition,
): Promise<WalPosition | null> {
  const kept = await restartOf(connection, slot);
  return kept !== null && kept.lsn > missing.lsn ? kept : await renewSlot(connection, slot);
}
