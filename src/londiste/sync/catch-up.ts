// The second half of a copy: catching-up -> wanna-sync -> ok. Replays what happened to the table since the snapshot, from
// the node that the snapshot is of, until it stands at a tick that the main worker has still to reach.
import { getConsumerState, lockConsumer, readBatchEvents, setConsumerCompleted } from "../../cascade/index.ts";
import { finishBatch, getConsumerPosition, nextBatch, subscribeAt, TICK_CHANNEL } from "../../pgq/index.ts";
import { type Connection, quoteLiteral, snapshotCovers, snapshotTest } from "../../postgres/index.ts";
import { reasonOf } from "../../errors/index.ts";
import {
  BatchApplier,
  type BatchApplierOptions,
  NotWhole,
  type ReplicaTable,
  RowSettler,
  TableStructures,
} from "../apply/index.ts";
import { ConflictNotes, type NotesContext } from "../conflicts/index.ts";
import { readBegunCopy } from "../sql-calls/index.ts";
import type { MergeState } from "../tables/merge-state.ts";
import type { Alarm } from "./alarm.ts";
import { basisColumns } from "./copy-basis.ts";
import { hasLostSource } from "./copy-consumer.ts";
import { readTickSnapshot } from "./queries.ts";
import { requestTick } from "./request-tick.ts";
import { isAboutRows } from "./restore-structure.ts";
import { changeTableState, readTableState, type StoredTableState } from "./table-state.ts";
import { copyConsumer, Overtaken, StartOver, subjectOf, type TaskContext, type TaskTable } from "./task-context.ts";
import { transition } from "./transitions.ts";

const POLL_MS = 1_000;
const MERGE_EVENTS = 20_000;

/** Resolves when the main worker has taken the table over. `alarm` is rung when the main worker has moved. */
export async function catchUp(context: TaskContext, table: TaskTable, alarm: Alarm): Promise<void> {
  const { db: target, signal } = table;
  const { providerNode, completedTick } = await getConsumerState(target, copyConsumer(context, table.info.name));
  if (completedTick === null) throw new StartOver(table.info.name, "it has no position");
  if (await hasLostSource(context, target, table.info.name)) {
    throw new StartOver(table.info.name, `node ${providerNode} has left the set or is marked as dead`);
  }
  await using source = await context.connections.node(providerNode, "copy", signal);
  await source.listen(TICK_CHANNEL, () => alarm.ring());
  await new CatchUp(context, table, { source, target, alarm, node: providerNode, position: completedTick }).run();
}

interface Sides {
  readonly source: Connection;
  readonly target: Connection;
  readonly alarm: Alarm;
  readonly node: string;
  readonly position: bigint;
}

class CatchUp {
  readonly #context: TaskContext;
  readonly #table: TaskTable;
  readonly #sides: Sides;
  readonly #structures: TableStructures;
  #position: bigint;
  #askedMs = 0;
  /** The rows are of several snapshots, and the events up to the newest have not been replayed. */
  #mixed: { readonly newest: string; readonly columns: readonly string[] } | null = null;

  constructor(context: TaskContext, table: TaskTable, sides: Sides) {
    this.#context = context;
    this.#table = table;
    this.#sides = sides;
    this.#structures = new TableStructures(sides.target);
    this.#position = sides.position;
  }

  async run(): Promise<void> {
    const { info, signal } = this.#table;
    await this.#findPosition();
    await this.#findSnapshots();
    for (;;) {
      signal.throwIfAborted();
      const stored = await readTableState(this.#sides.target, subjectOf(this.#context, info));
      if (stored?.state.kind === "ok") return;
      if (stored === null || stored.state.kind === "none" || stored.state.kind === "in-copy") {
        throw new Overtaken(info.name);
      }
      if (stored.state.kind === "catching-up") await this.#catchUp(stored);
      else await this.#await(stored.state);
    }
  }

  /** The source may have forgotten us, or we may have died between commit and the end of the batch there. */
  async #findPosition(): Promise<void> {
    const { queue, consumer } = copyConsumer(this.#context, this.#table.info.name);
    const position = await getConsumerPosition(this.#sides.source, queue, consumer);
    if (position?.lastTick === this.#position) return;
    try {
      await subscribeAt(this.#sides.source, queue, consumer, this.#position);
    } catch (error) {
      if (!this.#sides.source.isOpen) throw error;
      throw new StartOver(this.#table.info.name, `tick ${this.#position} is gone on node ${this.#sides.node}`);
    }
  }

  async #findSnapshots(): Promise<void> {
    const begun = await readBegunCopy(this.#sides.target, subjectOf(this.#context, this.#table.info));
    const newest = begun?.snapshots.at(-1);
    if (begun === null || newest === undefined || begun.snapshots.length < 2) return;
    this.#mixed = { newest, columns: basisColumns(begun.basis) };
  }

  /** One step towards the main worker. */
  async #catchUp(stored: StoredTableState): Promise<void> {
    this.#table.tell({ phase: "catching-up", error: null });
    if (this.#mixed !== null && (await this.#isCovered(this.#mixed.newest))) this.#mixed = null;
    const isMoved = await this.#replayBatch(stored);
    const snapshot = this.#mixed?.newest ?? stored.snapshot;
    const isCovered = snapshot === null || (await this.#isCovered(snapshot));
    const mainTick = this.#context.mainTick();
    if (isCovered && mainTick !== null && this.#position >= mainTick) {
      await this.#change({ kind: "catching-up" }, { kind: "wanna-sync", tick: this.#position }, null);
      this.#context.wake();
      return;
    }
    if (isMoved) return;
    if (!isCovered) await this.#askForTick();
    await this.#sides.alarm.sleep(POLL_MS, this.#table.signal);
  }

  /** wanna-sync: the main worker comes by, or has passed us. do-sync: an old program was stopped here. */
  async #await(state: MergeState): Promise<void> {
    this.#table.tell({ phase: "handing-over" });
    const mainTick = this.#context.mainTick();
    const isPassed =
      state.kind === "do-sync" ||
      (mainTick !== null && transition(state, { kind: "main-at", tick: mainTick })?.state?.kind === "catching-up");
    if (isPassed) await this.#change(state, { kind: "catching-up" }, null);
    else await this.#sides.alarm.sleep(POLL_MS, this.#table.signal);
  }

  async #change(from: MergeState, to: MergeState, snapshot: string | null): Promise<void> {
    const subject = subjectOf(this.#context, this.#table.info);
    if (await changeTableState(this.#sides.target, subject, { from, to, snapshot })) return;
    const now = await readTableState(this.#sides.target, subject);
    if (now?.state.kind !== "ok") throw new Overtaken(this.#table.info.name);
  }

  /** Whether the position's tick was made after the snapshot: then all later events are new to the copy. */
  async #isCovered(snapshot: string): Promise<boolean> {
    const later = await readTickSnapshot(this.#sides.source, this.#context.queue, this.#position);
    return later !== null && snapshotCovers(later, snapshot);
  }

  async #askForTick(): Promise<void> {
    const { clock, queue, connections, log } = this.#context;
    if (this.#askedMs !== 0 && clock.monotonicMs() - this.#askedMs < POLL_MS) return;
    this.#askedMs = clock.monotonicMs();
    try {
      await requestTick(queue, this.#sides.source, (node) => connections.node(node, "tick", this.#table.signal));
    } catch (error) {
      const reason = reasonOf(error);
      log.debug({ queue, reason }, "no tick could be asked for");
    }
  }

  /** @returns false when there is no batch */
  async #replayBatch({ snapshot }: StoredTableState): Promise<boolean> {
    const { source } = this.#sides;
    const { queue, consumer } = copyConsumer(this.#context, this.#table.info.name);
    const batch = await nextBatch(source, queue, consumer, {
      ...{ minEvents: null, minIntervalMs: null, keepLagMs: null },
      mergeEvents: MERGE_EVENTS,
      isDurable: true, // what was applied must not come in another batch after a crash of the source
    });
    if (batch === null) return false;
    if (batch.tickId !== this.#position) {
      if (batch.previousTickId !== this.#position) {
        await subscribeAt(source, queue, consumer, this.#position);
        return true;
      }
      await this.#apply(batch, snapshot);
      this.#position = batch.tickId;
    }
    await finishBatch(source, batch.id);
    return true;
  }

  async #apply(
    batch: { readonly id: bigint; readonly tickId: bigint; readonly previousTickId: bigint; readonly tickTime: string },
    snapshot: string | null,
  ): Promise<void> {
    const { source, target } = this.#sides;
    const { log, conflict } = this.#context;
    const { info, signal } = this.#table;
    const consumer = copyConsumer(this.#context, info.name);
    const replica = this.#replica(snapshot);
    const where = `ev_extra1 = ${quoteLiteral(info.name)}`;
    const events = readBatchEvents(source, { batchId: batch.id, where, signal });
    await target.transaction(async () => {
      await lockConsumer(target, consumer);
      if (this.#mixed !== null) await this.#settle(events, replica, this.#mixed.columns);
      else {
        const tables = (name: string): ReplicaTable | null => (name === info.name ? replica : null);
        const { copyEvent } = replica.handler;
        const changesOf: NotesContext["changesOf"] = (event) => copyEvent?.(event) ?? null;
        const notes = new ConflictNotes({ queue: consumer.queue, tick: batch.tickId, log, changesOf });
        const onConflict: BatchApplierOptions["onConflict"] = (found, event) => notes.add(found, event, target);
        const parts = { structures: this.#structures, conflict, log, onConflict };
        await replay(events, new BatchApplier({ target, tables, batch, ...parts }));
        await notes.write(target);
      }
      await setConsumerCompleted(target, log, consumer, batch.tickId);
    });
  }

  async #settle(
    batch: EventBlocks,
    { dest, handler, isWanted }: ReplicaTable,
    columns: readonly string[],
  ): Promise<void> {
    const { target } = this.#sides;
    const settler = new RowSettler({ target, dest, columns, isTruncateIgnored: handler.isTruncateIgnored });
    try {
      for await (const { events } of batch) {
        for (const event of events) {
          if (BatchApplier.isRowEvent(event) && isWanted?.(event) !== false) await settler.add(event);
        }
      }
      await settler.finish();
    } catch (error) {
      if (!(error instanceof NotWhole) && !isAboutRows(error)) throw error;
      throw new StartOver(this.#table.info.name, `it was resumed, and ${reasonOf(error)}`);
    }
  }

  #replica(snapshot: string | null): ReplicaTable {
    const { name, dest, attributes } = this.#table.info;
    const handler = this.#context.handlers.open({ table: name, dest, handler: attributes.handler });
    if (snapshot === null) return { name, dest, handler };
    const isInCopy = snapshotTest(snapshot);
    return { name, dest, handler, isWanted: (event) => !isInCopy(event.txid) };
  }
}

type EventBlocks = ReturnType<typeof readBatchEvents>;

async function replay(batch: EventBlocks, applier: BatchApplier): Promise<void> {
  for await (const { events } of batch) {
    for (const event of events) {
      if (!BatchApplier.isRowEvent(event)) continue;
      const added = applier.add(event);
      if (added !== undefined) await added;
    }
  }
  await applier.finish();
}
