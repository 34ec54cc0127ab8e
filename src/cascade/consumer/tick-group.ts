// Several ticks of the provider in one batch: a branch makes every one of them in its own queue, each in a transaction of
// its own. It cannot be one transaction, because a batch on the branch is what was committed between two ticks. So only
// the reading is shared: one batch and one read at the provider, whatever the number of ticks.
import { type Connection, snapshotTest } from "../../postgres/index.ts";
import { type CascadeEvent, readBatchEvents } from "../events/index.ts";
import { readTicks, type StoredTick } from "../sql-calls/index.ts";
import type { CascadeBatch } from "./batch.ts";

const MOST_EVENTS = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * One batch for each tick, with its events. A tick that has too many for the memory is left as it is.
 * @returns null when several ticks have too many: they must be asked for one by one
 */
export async function splitTicks(batch: CascadeBatch): Promise<readonly CascadeBatch[] | null> {
  const { source, queue, previousTickId: after, tickId: upTo } = batch;
  const ticks = upTo === after + 1n ? [] : await readTicks(source, queue, { after, upTo });
  const expected = batch.eventSequence - batch.previousEventSequence;
  if (ticks.length < 2 && expected > MOST_EVENTS) return [batch];
  const events = await load(batch, source);
  if (ticks.length < 2) return [{ ...batch, loaded: events }];
  if (events === null) return null;
  const shares = share(events, ticks);
  return ticks.map(({ tickId, tickTime, eventSequence }, index) => ({
    ...batch,
    ...{ tickId, tickTime, eventSequence, previousTickId: ticks[index - 1]?.tickId ?? after },
    loaded: shares[index] ?? [],
  }));
}

/** Null: they are too many. */
async function load(batch: CascadeBatch, source: Connection): Promise<readonly CascadeEvent[] | null> {
  const { batchId, eventSql, signal } = batch;
  const limits = { chunkEvents: MOST_EVENTS, chunkBytes: MOST_BYTES };
  let loaded: readonly CascadeEvent[] | null = null;
  for await (const { events } of readBatchEvents(source, { batchId, eventSql, signal, ...limits })) {
    if (loaded !== null) return null;
    loaded = events;
  }
  return loaded ?? [];
}

/** By the first tick that sees an event's transaction; their order stays. */
function share(events: readonly CascadeEvent[], ticks: readonly StoredTick[]): CascadeEvent[][] {
  const tests = ticks.map(({ snapshot }) => snapshotTest(snapshot));
  const shares = ticks.map((): CascadeEvent[] => []);
  const tickOf = new Map<bigint, number>();
  for (const event of events) {
    const { txid } = event;
    const index = tickOf.get(txid) ?? tests.findIndex((isSeen) => isSeen(txid));
    tickOf.set(txid, index);
    shares.at(index)?.push(event); // -1: only the last one
  }
  return shares;
}
