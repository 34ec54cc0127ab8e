// From the commit of an event, as its producer sees it, to the handler, at 100 events a second that come as they like.
import { setTimeout as delay } from "node:timers/promises";
import { seededChance } from "../../../test/harness/chance.ts";
import { atMost, type Contest, type Reading, type Size } from "../model.ts";
import { type Peer, peerNames, type TickPace } from "../peer.ts";

const EVENTS_PER_SECOND = 100;
const WARM_UP_SECONDS = 1;
const PATIENCE_MS = 15_000;

export const latencyContests: readonly Contest[] = [
  {
    name: "latency, default settings",
    figures: { p50: "ms", p99: "ms" },
    peers: peerNames,
    targets: [atMost("p50", 20), atMost("p99", 60)],
    isSingle: true,
    measure: (peer, size) => latency(peer, "default", size),
  },
  {
    name: "latency, low-latency setting",
    figures: { p50: "ms", p99: "ms" },
    peers: ["ours"],
    targets: [atMost("p50", 6)],
    isSingle: true,
    measure: (peer, size) => latency(peer, "low-latency", size),
  },
];

async function latency(peer: Peer, pace: TickPace, { latencySeconds }: Size): Promise<Reading> {
  await peer.reset();
  const committed: number[] = [];
  const handled = new Map<number, number>();
  const handle = (data: string): void => {
    if (!handled.has(Number(data))) handled.set(Number(data), performance.now());
  };
  const consumer = await peer.consume(handle, pace);
  const random = seededChance(1);
  const events = (WARM_UP_SECONDS + latencySeconds) * EVENTS_PER_SECOND;
  try {
    let due = performance.now();
    for (let n = 0; n < events; n += 1) {
      due += (-Math.log(1 - random.next()) * 1000) / EVENTS_PER_SECOND;
      await delay(Math.max(0, due - performance.now()));
      await peer.send(String(n));
      committed[n] = performance.now();
    }
    const patience = performance.now() + PATIENCE_MS;
    while (handled.size < events && performance.now() < patience) await delay(10);
  } finally {
    await consumer.stop();
  }
  const first = WARM_UP_SECONDS * EVENTS_PER_SECOND;
  // A handler may be there before the producer hears of its commit.
  const waits = committed.slice(first).map((at, i) => Math.max(0, (handled.get(first + i) ?? Infinity) - at));
  waits.sort((a, b) => a - b);
  const percentile = (part: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))]!;
  if (percentile(1) === Infinity) throw new Error("not every event was handled");
  return { p50: percentile(0.5), p99: percentile(0.99) };
}
