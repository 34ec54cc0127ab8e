// A root and a node below it, with a main worker that does no more than replay: for tests of tables that are being copied.
// Everything is in this process; `crash` leaves it as a kill would.
import type pg from "pg";
import { systemClock } from "../../src/clock/index.ts";
import { getConsumerState, readBatchEvents, setConsumerCompleted } from "../../src/cascade/index.ts";
import { BatchApplier, TableStructures } from "../../src/londiste/apply/index.ts";
import { handlerRegistry } from "../../src/londiste/handler/index.ts";
import { enterReplicaMode } from "../../src/londiste/sql-calls/index.ts";
import { type SyncSettings, TableSync } from "../../src/londiste/sync/index.ts";
import { finishBatch, nextBatch, subscribeAt } from "../../src/pgq/index.ts";
import { connect, type Connection, DEFAULT_SILENCE_LIMIT_MS } from "../../src/postgres/index.ts";
import { silentLogger } from "../../src/service/index.ts";
import { createDatabase, type TestDatabase } from "./database.ts";
import { value } from "./sessions.ts";

export const QUEUE = "q";

export interface SyncNode {
  readonly name: string;
  readonly database: TestDatabase;
  readonly client: pg.Client;
}

/** `template` has pgq_node and londiste. */
export async function createSyncRoot(major: number, template: string): Promise<SyncNode> {
  const node = await openNode("root", major, template);
  await node.client.query("select * from pgq_node.register_location($1, 'root', $2, false)", [
    QUEUE,
    node.database.url,
  ]);
  await node.client.query("select * from pgq_node.create_node($1, 'root', 'root', 'root_worker', null, null, null)", [
    QUEUE,
  ]);
  return node;
}

export async function createSyncLeaf(root: SyncNode, name: string, major: number, template: string): Promise<SyncNode> {
  const node = await openNode(name, major, template);
  await root.client.query("select * from pgq_node.register_location($1, $2, $3, false)", [
    QUEUE,
    name,
    node.database.url,
  ]);
  const watermark = await value(
    root.client,
    "select global_watermark from pgq_node.register_subscriber($1, $2, $3, null)",
    [QUEUE, name, `${name}_worker`],
  );
  for (const { name: one, database } of [root, node]) {
    await node.client.query("select * from pgq_node.register_location($1, $2, $3, false)", [QUEUE, one, database.url]);
  }
  await node.client.query("select * from pgq_node.create_node($1, 'leaf', $2, $3, 'root', $4, null)", [
    QUEUE,
    name,
    `${name}_worker`,
    watermark,
  ]);
  return node;
}

async function openNode(name: string, major: number, template: string): Promise<SyncNode> {
  const database = await createDatabase(major, template);
  return { name, database, client: await database.connect() };
}

/** On the root it is in sync at once. */
export async function addTable(node: SyncNode, table: string, attributes: string | null = null): Promise<void> {
  await node.client.query("select * from londiste.global_add_table($1, $2)", [QUEUE, table]);
  const { rows } = await node.client.query<{ ret_code: number; ret_note: string }>(
    "select * from londiste.local_add_table($1, $2, '{}', $3, null)",
    [QUEUE, table, attributes],
  );
  if (rows[0]!.ret_code >= 300) throw new Error(rows[0]!.ret_note);
}

export async function tableState(node: SyncNode, table: string): Promise<string | null> {
  const sql = "select merge_state from londiste.table_info where queue_name = $1 and table_name = $2";
  return (await value<string | null>(node.client, sql, [QUEUE, table])) ?? null;
}

/** Ticks as a ticker does, by the queue's settings, until it is stopped. */
export function startTicker(root: SyncNode, everyMs = 20): () => Promise<void> {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    await using db = await connect(root.database.url, { env: {} });
    while (!stop.signal.aborted) {
      await db.query("select pgq.ticker($1), pg_notify('pgq_tick', $1)", [QUEUE]);
      await systemClock.sleep(everyMs, stop.signal);
    }
  };
  const done = run();
  return async () => {
    stop.abort();
    await done;
  };
}

export interface Worker {
  readonly sync: TableSync;
  /** How long the slowest round took. */
  readonly slowestMs: () => number;
  readonly errors: readonly unknown[];
  /** Ends it in order. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly nodes: readonly SyncNode[];
  readonly settings?: Partial<SyncSettings>;
  /** Batches of many ticks, as a leaf does. */
  readonly isMerging?: boolean;
  /** Called with each new session: to keep it, and to end it as a crash would. */
  readonly onSession?: (connection: Connection) => void;
}

export function startWorker(
  node: SyncNode,
  { nodes, settings = {}, isMerging = true, onSession }: WorkerOptions,
): Worker {
  const stop = new AbortController();
  const errors: unknown[] = [];
  let slowest = 0;
  let wake = new AbortController();
  const open = async (name: string): Promise<Connection> => {
    const { database } = nodes.find((one) => one.name === name)!;
    const connection = await connect(database.url, { env: {}, silenceLimitMs: DEFAULT_SILENCE_LIMIT_MS });
    onSession?.(connection);
    return connection;
  };
  const handlers = handlerRegistry();
  const sync = new TableSync({
    queue: QUEUE,
    worker: `${node.name}_worker`,
    nodeName: node.name,
    connections: { target: () => open(node.name), node: open },
    handlers,
    settings: { retryFirstMs: 50, retryLimitMs: 500, ...settings },
    log: silentLogger,
    wake: () => wake.abort(),
  });
  const consumer = { queue: QUEUE, consumer: `${node.name}_worker` };

  const round = async (target: Connection, source: Connection, structures: TableStructures): Promise<boolean> => {
    const state = await getConsumerState(target, consumer);
    await sync.refresh(target, { provider: state.providerNode, completedTick: state.completedTick! });
    const batch = await nextBatch(source, QUEUE, consumer.consumer, {
      ...{ minEvents: null, minIntervalMs: null, keepLagMs: null, isDurable: false },
      mergeEvents: isMerging && sync.batchLimit === null ? 100_000 : 1,
    });
    if (batch === null) return false;
    if (batch.tickId === state.completedTick) {
      await finishBatch(source, batch.id);
      return true;
    }
    if (batch.previousTickId !== state.completedTick) throw new Error("the position is lost");
    if (!sync.willProcess(batch.tickId)) {
      await subscribeAt(source, QUEUE, consumer.consumer, batch.previousTickId);
      return true;
    }
    await target.transaction(async () => {
      const applier = new BatchApplier({
        target,
        batch,
        structures,
        tables: (name) => {
          const table = sync.wantedTable(name);
          if (table === null) return null;
          const { info } = table;
          const handler = handlers.open({ table: name, dest: info.dest, handler: info.attributes.handler });
          return { name, dest: info.dest, handler, isWanted: (event) => table.isWanted?.(event.txid) ?? true };
        },
      });
      for await (const { events } of readBatchEvents(source, { batchId: batch.id })) {
        for (const event of events) if (BatchApplier.isRowEvent(event)) await applier.add(event);
      }
      await applier.finish();
      await sync.beforeCommit(target, batch.tickId);
      await setConsumerCompleted(target, silentLogger, consumer, batch.tickId);
    });
    sync.afterCommit(batch.tickId);
    await finishBatch(source, batch.id);
    return true;
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await using target = await open(node.name);
        await using source = await open("root");
        await enterReplicaMode(target);
        const structures = new TableStructures(target);
        while (!stop.signal.aborted) {
          const startedMs = systemClock.monotonicMs();
          const isMore = await round(target, source, structures);
          slowest = Math.max(slowest, systemClock.monotonicMs() - startedMs);
          if (!isMore) await systemClock.sleep(30, AbortSignal.any([stop.signal, wake.signal]));
          wake = new AbortController();
        }
      } catch (error) {
        sync.afterRollback();
        errors.push(error);
        await systemClock.sleep(50, stop.signal);
      }
    }
  };
  const done = run();
  return {
    sync,
    errors,
    slowestMs: () => slowest,
    async stop() {
      stop.abort();
      await done;
      await sync.close();
    },
  };
}
