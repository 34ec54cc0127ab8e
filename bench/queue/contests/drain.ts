// Draining a backlog with one consumer whose handler does next to nothing.
import type { Meter } from "../../harness/meter.ts";
import { atLeast, type Contest, rateFigures, type Reading, type Size } from "../model.ts";
import { type Peer, type PeerName, peerNames } from "../peer.ts";

/** What a ticker leaves behind at some thousand events a second. */
const PER_TICK = 1000;
/** These go through jobs one by one; their rate is that of what they did within the limit. */
const SLOW: readonly PeerName[] = ["pg-boss", "graphile"];

export const drainContests: readonly Contest[] = [
  {
    name: `drain a backlog, ticks of ${PER_TICK} events`,
    figures: rateFigures,
    peers: peerNames,
    targets: [atLeast("rate", 2, "C"), atLeast("rate", 10, "pg-boss"), atLeast("rate", 10, "graphile")],
    measure: (peer, size, meter) => drain(peer, PER_TICK, size, meter),
  },
  {
    name: "drain a backlog, one tick for all events",
    figures: rateFigures,
    peers: ["ours", "C"],
    targets: [atLeast("rate", 2, "C")],
    measure: (peer, size, meter) => drain(peer, size.backlog, size, meter),
  },
];

async function drain(peer: Peer, perTick: number, { backlog, drainSeconds }: Size, meter: Meter): Promise<Reading> {
  await peer.reset();
  await peer.fill(backlog, perTick);
  await peer.client.query("checkpoint");

  let bytes = 0;
  const limitMs = SLOW.includes(peer.name) ? drainSeconds * 1000 : Infinity;
  const reading = await meter.time(() => peer.drain(backlog, limitMs, (data) => (bytes += data.length)));
  if (bytes === 0) throw new Error("nothing was handled");
  return reading;
}
