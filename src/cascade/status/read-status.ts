// What all members of a set say of themselves, asked at the same time. A member that does not answer is shown as such.
import type { Connection } from "../../postgres/index.ts";
import { type CascadeSet, firstLine } from "../admin/cascade-set.ts";
import {
  type CascadeConsumerInfo,
  getCascadeConsumers,
  getNodeInfo,
  getSubscriberInfo,
  type NodeInfo,
  type SubscriberInfo,
} from "../sql-calls/index.ts";

/** Somebody who reads from a node's queue. */
export interface QueueReader {
  readonly name: string;
  readonly lastTick: bigint | null;
  /** When its tick was made, milliseconds since 1970 by the root's clock. null: the tick is unknown here. */
  readonly tickTimeMs: number | null;
  readonly pendingEvents: bigint | null;
}

export interface QueueFacts {
  readonly lastTick: bigint | null;
  readonly tickerLagMs: number | null;
}

export interface NodeAnswer {
  readonly info: NodeInfo;
  /** The node's clock, milliseconds since 1970. */
  readonly nowMs: number;
  readonly consumers: readonly CascadeConsumerInfo[];
  readonly subscribers: readonly SubscriberInfo[];
  /** All consumers of the node's queue; empty on a leaf. */
  readonly readers: readonly QueueReader[];
  readonly queue: QueueFacts | null;
  /** Lines of the program whose set it is, like `Tables: 4/0/0`. */
  readonly details: readonly string[];
}

export interface MemberStatus {
  readonly name: string;
  readonly location: string;
  readonly isDead: boolean;
  /** null: it is marked as dead, or did not answer. */
  readonly answer: NodeAnswer | null;
  /** Why it did not answer, one line. */
  readonly failure: string | null;
}

export interface SetStatus {
  readonly queue: string;
  readonly localNode: string;
  readonly members: readonly MemberStatus[];
}

export interface StatusOptions {
  /** More lines of a node; in the order in which they are to be shown. */
  readonly details?: (db: Connection, node: NodeInfo, queue: string) => Promise<readonly string[]>;
  /** A member that does not answer within is given up. Default 15 seconds. */
  readonly nodeTimeoutMs?: number;
}

const NODE_TIMEOUT_MS = 15_000;

/** Never fails because of a member other than the own node. */
export async function readStatus(set: CascadeSet, options: StatusOptions = {}): Promise<SetStatus> {
  const members = await Promise.all(
    set.members.map(async ({ name, location, isDead }): Promise<MemberStatus> => {
      if (isDead) return { name, location, isDead, answer: null, failure: null };
      try {
        return { name, location, isDead, answer: await readInTime(set, name, options), failure: null };
      } catch (error) {
        return { name, location, isDead, answer: null, failure: firstLine(error) };
      }
    }),
  );
  return { queue: set.queue, localNode: set.localName, members };
}

async function readInTime(set: CascadeSet, name: string, options: StatusOptions): Promise<NodeAnswer> {
  const { nodeTimeoutMs = NODE_TIMEOUT_MS } = options;
  const timer = new AbortController();
  const tooLate = set.context.clock.sleep(nodeTimeoutMs, timer.signal).then(() => {
    throw new Error(`no answer within ${nodeTimeoutMs / 1000} s`);
  });
  const reading = readNode(set, name, options);
  tooLate.catch(() => undefined);
  reading.catch(() => undefined);
  try {
    return await Promise.race([reading, tooLate]);
  } finally {
    timer.abort();
  }
}

/** @throws what connecting and asking throw; an error when the database has another node or none */
export async function readNode(set: CascadeSet, name: string, { details }: StatusOptions = {}): Promise<NodeAnswer> {
  const { queue } = set;
  const db = await set.connect(name);
  const info = await getNodeInfo(db, queue);
  if (info === null) throw new Error("its database has no node of the queue");
  if (info.name !== name) throw new Error(`its database has node ${info.name}`);
  const { now } = await db.one<{ now: number }>("select (extract(epoch from clock_timestamp()) * 1000)::float8 as now");
  return {
    info,
    nowMs: now,
    consumers: await getCascadeConsumers(db, queue),
    subscribers: await getSubscriberInfo(db, queue),
    readers: await db.query<QueueReader>(
      `select consumer_name as name, last_tick as "lastTick", pending_events as "pendingEvents",
              (extract(epoch from current_timestamp - lag) * 1000)::float8 as "tickTimeMs"
         from pgq.get_consumer_info($1::text) order by consumer_name`,
      [queue],
    ),
    queue: await db.maybeOne<QueueFacts>(
      `select last_tick_id as "lastTick", (extract(epoch from ticker_lag) * 1000)::float8 as "tickerLagMs"
         from pgq.get_queue_info() where queue_name = $1::text`,
      [queue],
    ),
    details: (await details?.(db, info, set.queue)) ?? [],
  };
}
