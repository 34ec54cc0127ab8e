// The worker of a node as the loop sees it: its own duties around the batches, and its user's hooks in them.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { applyBatches, type BatchWork } from "../consumer/apply-batch.ts";
import type { ConsumerState, CascadeBatch } from "../consumer/batch.ts";
import type { Applied, ConsumerRole, RoundWish } from "../consumer/role.ts";
import {
  branchTickStatement,
  enterReplicaSession,
  eventTableOf,
  eventTableStatement,
  insertTickEvent,
  unsyncedStatement,
} from "../sql-calls/index.ts";
import { repairTick, tickOf } from "./branch-tick.ts";
import { EventPass } from "./event-pass.ts";
import type { BatchHooks, WorkerBatch, WorkerHooks } from "./hooks.ts";
import { readWorkerNode, type WorkerNode } from "./node.ts";
import { listOf, type NodeConnect, SyncWatermark } from "./sync-watermark.ts";
import type { Watermarks } from "./watermarks.ts";

export interface WorkerRoleParts {
  readonly queue: string;
  readonly hooks: WorkerHooks;
  readonly watermarks: Watermarks;
  readonly log: Logger;
  readonly mergeEvents: () => number;
  readonly connectNode: NodeConnect;
}

/** Events of several ticks that are read at once, by the queue's numbers: less than what is held in memory. */
const TOGETHER_EVENTS = 8_000;

/** One tick on its way. */
interface TickWork extends BatchWork {
  readonly batch: WorkerBatch;
  readonly running: { pass: EventPass | null; user: BatchHooks | null; isOver: boolean };
}

export class WorkerRole implements ConsumerRole {
  readonly #parts: WorkerRoleParts;
  #node: WorkerNode | null = null;
  #sync: SyncWatermark | null = null;

  constructor(parts: WorkerRoleParts) {
    this.#parts = parts;
  }

  async prepareTarget(target: Connection): Promise<void> {
    const { hooks } = this.#parts;
    if (hooks.prepareTarget === undefined) await enterReplicaSession(target);
    else await hooks.prepareTarget(target);
  }

  async look(state: ConsumerState, target: Connection): Promise<RoundWish> {
    const { queue, hooks, mergeEvents, connectNode, log } = this.#parts;
    const node = await readWorkerNode(target, queue, state);
    this.#node = node;
    if (listOf(node).length === 0) this.#sync = null;
    else this.#sync ??= new SyncWatermark(connectNode, log);
    await hooks.onNode?.(node, target);
    const { duties } = node;
    // Ticks are the same on all nodes, so who passes them on must not merge them; and who waits behind a combined queue
    // takes over where that stops, which may be at any tick.
    const isExact = duties.makesTicks || duties.waitsBehind;
    const keepsTicks = duties.makesTicks;
    const limits = hooks.limits?.(node) ?? {};
    return {
      keepsTicks,
      mergeEvents: keepsTicks ? TOGETHER_EVENTS : isExact ? 1 : (limits.mergeEvents ?? mergeEvents()),
      stopAt: limits.stopAt ?? null,
      collects: !isExact && (limits.stopAt ?? null) === null,
      isMergeLeaf: duties.isMergeLeaf,
      waitsBehind: duties.waitsBehind,
    };
  }

  async beforeBatch(batch: CascadeBatch): Promise<boolean> {
    return (await this.#parts.hooks.beforeBatch?.(this.#own(batch))) ?? true;
  }

  async apply(given: readonly CascadeBatch[], isStopping: () => boolean): Promise<Applied> {
    const { hooks } = this.#parts;
    const mayBegin = async (batch: WorkerBatch): Promise<boolean> => !isStopping() && (await this.beforeBatch(batch));
    const isRow = hooks.sparesTarget === true;
    const works = given.map((one, index) => this.#workOn(this.#own(one), isRow && index > 0 ? mayBegin : null));
    const rows = isRow ? [works] : works.map((work) => [work]);
    let done = 0;
    try {
      for (const row of rows) {
        if (done > 0 && row[0] !== undefined && !(await mayBegin(row[0].batch))) break;
        const applied = (await applyBatches(row)).length;
        done += applied;
        if (applied < row.length) break;
      }
    } catch (error) {
      for (const { running } of works) if (running.user !== null && !running.isOver) running.user.rolledBack?.(error);
      throw error;
    }
    const events = works.slice(0, done).reduce((sum, { running }) => sum + (running.pass?.events ?? 0), 0);
    return { outcome: done < works.length ? "moved" : "applied", events };
  }

  /** @param mayBegin - null: it was asked before */
  #workOn(batch: WorkerBatch, mayBegin: ((batch: WorkerBatch) => Promise<boolean>) | null): TickWork {
    const { hooks } = this.#parts;
    const { copiesTo, makesTicks } = batch.node.duties;
    const reading = hooks.reading?.(batch.node) ?? null;
    const running: TickWork["running"] = { pass: null, user: null, isOver: false };
    return {
      ...{ batch, running },
      reads: [
        ...(reading === null ? [] : [reading.statement]),
        ...(copiesTo === null ? [] : [eventTableStatement(copiesTo.queue)]),
      ],
      work: async (read) => {
        const [first] = read;
        if (reading !== null && (first === undefined || !reading.isKnown(first))) return null;
        if (mayBegin !== null && !(await mayBegin(batch))) return null;
        const user = await hooks.openBatch(batch);
        running.user = user;
        const eventTable = copiesTo === null ? null : eventTableOf(read.at(-1));
        const pass = new EventPass(batch, user, { hooks, sync: this.#sync, eventTable });
        running.pass = pass;
        await pass.run();
        await this.#announce(batch);
        await user.beforeCommit?.();
        if (!makesTicks) return {};
        // The tick's commit comes later in the log, and is waited for: it saves both.
        const tick = branchTickStatement(batch.queue, tickOf(batch, pass.highestId));
        return { last: [...pass.last, unsyncedStatement], after: [tick] };
      },
      committed: async () => {
        running.isOver = true;
        await running.user?.afterCommit?.();
      },
    };
  }

  async found(given: CascadeBatch): Promise<void> {
    const { completedTick } = given.state;
    if (this.#own(given).node.duties.makesTicks && completedTick !== null) await repairTick(given, completedTick);
  }

  /**
   * The rows come through the combined queue. What tells of the set does not, so it is applied; the position is not
   * written: it moves with the rows.
   */
  async skip(given: CascadeBatch): Promise<Applied> {
    const batch = this.#own(given);
    if (!batch.node.duties.waitsBehind) return { outcome: "applied", events: 0 };
    const { hooks } = this.#parts;
    const pass = await batch.target.transaction(async () => {
      const user = await hooks.openBatch(batch);
      const events = new EventPass(batch, user, { hooks, sync: null, eventTable: null });
      await events.run();
      await user.beforeCommit?.();
      return events;
    });
    return { outcome: "applied", events: pass.events };
  }

  async finished(batch: CascadeBatch): Promise<void> {
    await this.#parts.watermarks.afterBatch(this.#own(batch).node, batch, this.#sync);
  }

  async idle(target: Connection, source: Connection): Promise<void> {
    const node = this.#known();
    await this.#parts.watermarks.idle(node, { source, target }, this.#sync);
    await this.#parts.hooks.idle?.(node, { source, target });
  }

  async rootPass(target: Connection): Promise<void> {
    const node = this.#known();
    await this.#parts.watermarks.publish(node, target);
    await this.#parts.hooks.rootPass?.(node, target);
  }

  statistics(): Readonly<Record<string, number>> {
    return this.#parts.hooks.statistics?.() ?? {};
  }

  async #announce({ node, target, tickId }: WorkerBatch): Promise<void> {
    if (!node.duties.announcesTicks || node.combinedQueue === null) return;
    await insertTickEvent(target, { combined: node.combinedQueue, part: node.queue }, tickId);
  }

  #own(batch: CascadeBatch): WorkerBatch {
    const openProvider = (): Promise<Connection> => this.#parts.connectNode(batch.state.providerLocation);
    return { ...batch, node: this.#known(), openProvider };
  }

  #known(): WorkerNode {
    if (this.#node === null) throw new SkytoolsError("WRONG_USE", "the worker has not looked at its node yet");
    return this.#node;
  }
}
