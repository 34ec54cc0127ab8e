// The tables of a worker: which ones it replays, which ones are being copied, and the moment one becomes the other.
// The main worker never waits for a copy: a copy replays its own table until it stands at a tick that the main worker
// has still to reach, and the main worker takes the table over in the transaction that reaches it.
import { systemClock } from "../../clock/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import {
  type Connection,
  type PipelineStatement,
  snapshotCovers,
  snapshotTest,
  type StatementResult,
} from "../../postgres/index.ts";
import type { CopyProgress } from "../copy/index.ts";
import { getTableList } from "../sql-calls/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import { Chore } from "./background.ts";
import { hasLostSource, sweepCopyConsumers } from "./copy-consumer.ts";
import { findCopySource, type CopySource } from "./copy-source.ts";
import { CopyTask } from "./copy-task.ts";
import { readTablesVersion, readTickSnapshot, tablesVersionStatement } from "./queries.ts";
import { keepInOrder } from "./quiet.ts";
import { Slots } from "./slots.ts";
import { type MainPosition, syncDefaults, type SyncOptions } from "./sync-options.ts";
import { changeTableState } from "./table-state.ts";
import { subjectOf, type TaskContext } from "./task-context.ts";
import { transition } from "./transitions.ts";

export interface MainTable {
  readonly info: TableInfo;
  /** False for what the copy already contains; null: all are wanted. Only tables that an old program handed over have a test. */
  readonly isWanted: ((txid: bigint) => boolean) | null;
}

const SCOUT_EVERY_MS = 1_000;
const KEYS_EVERY_MS = 30_000;
const SWEEP_EVERY_MS = 60_000;

/**
 * Use, in each round of the main worker:
 *
 *     await sync.refresh(target, { provider, completedTick });   // outside of a transaction; about every second, and when
 *                                                                // versionStatement, read in a batch, says so
 *     open a batch that does not go beyond sync.batchLimit
 *     if (!sync.willProcess(tickId)) give the batch back
 *     begin; replay events of tables that sync.wantedTable(name) gives; …
 *     await sync.beforeCommit(target, tickId);                   // inside the transaction
 *     commit; sync.afterCommit(tickId);                          // or rollback; sync.afterRollback();
 */
export class TableSync implements AsyncDisposable {
  readonly #options: SyncOptions;
  readonly #context: TaskContext;
  readonly #stop = new AbortController();
  readonly #tasks = new Map<string, CopyTask>();
  readonly #chores: { readonly scout: Chore; readonly keys: Chore; readonly sweep: Chore };
  #tables = new Map<string, MainTable>();
  #list: readonly TableInfo[] = [];
  /** Names, as of the last load. */
  #inSync: ReadonlySet<string> = new Set();
  #version: string | null = null;
  #main: MainPosition | null = null;
  #openTick: bigint | null = null;
  #handedOver: string[] = [];
  #waiting = new Map<string, string>();

  constructor(options: SyncOptions) {
    const settings = { ...syncDefaults, ...options.settings };
    const { log, clock = systemClock } = options;
    this.#options = options;
    this.#context = {
      ...{ queue: options.queue, worker: options.worker, connections: options.connections, log, clock, settings },
      handlers: options.handlers,
      conflict: options.conflict ?? "error",
      slots: new Slots(settings.parallelCopies),
      mainTick: () => this.#openTick ?? this.#main?.completedTick ?? null,
      wake: () => options.wake?.(),
    };
    this.#chores = {
      scout: new Chore({ name: "look for copies to begin", everyMs: SCOUT_EVERY_MS, clock, log }),
      keys: new Chore({ name: "restore foreign keys", everyMs: KEYS_EVERY_MS, clock, log }),
      sweep: new Chore({ name: "remove consumers of copies", everyMs: SWEEP_EVERY_MS, clock, log }),
    };
  }

  /** All tables of the queue, as of the last refresh or hand-over: the same array until then. */
  get tables(): readonly TableInfo[] {
    return this.#list;
  }

  /** Copies that run, wait or failed, in no order. */
  get progress(): readonly CopyProgress[] {
    return [...this.#tasks.values()].map((task) => task.progress);
  }

  /**
   * Not null while a table waits for its hand-over: then the next batch must end at this tick or before, which one that is
   * asked for up to that tick always does.
   */
  get batchLimit(): bigint | null {
    const at = this.#main?.completedTick ?? 0n;
    const ticks = this.tables.flatMap(({ state }) =>
      state.kind === "wanna-sync" && state.tick > at ? [state.tick] : [],
    );
    return ticks.length === 0 ? null : ticks.reduce((least, tick) => (tick < least ? tick : least));
  }

  /**
   * Reads the tables again if they changed, starts copies that are due, ends those that are no longer wanted. Never
   * waits for a copy.
   */
  async refresh(target: Connection, main: MainPosition): Promise<void> {
    this.#main = main;
    this.#openTick = null;
    const version = await readTablesVersion(target, this.#context.queue);
    let isMoreInSync = false;
    if (version !== this.#version) {
      isMoreInSync = this.#load(await getTableList(target, this.#context.queue));
      this.#version = version;
      this.#ring();
    }
    await this.#meetAtRest(target, main.completedTick);
    this.#resume();
    this.#startChores(isMoreInSync);
  }

  /** Reads in a pipeline whether the tables are as refresh() has read them; knows() takes its result. */
  get versionStatement(): PipelineStatement {
    return tablesVersionStatement(this.#context.queue);
  }

  /** False: refresh() is due before the next batch. */
  knows({ rows }: StatementResult): boolean {
    return rows[0]?.["version"] === this.#version;
  }

  /** The main worker has opened a batch up to this tick. @returns false when it goes beyond a hand-over */
  willProcess(tickId: bigint): boolean {
    const limit = this.batchLimit;
    if (limit !== null && tickId > limit) return false;
    this.#openTick = tickId;
    return true;
  }

  /** The table, by its name in the set, when the main worker replays it; null: events of it are not for the main worker. */
  wantedTable(name: string): MainTable | null {
    const table = this.#tables.get(name);
    return table?.info.isLocal === true && table.info.state.kind === "ok" ? table : null;
  }

  /** Sets `ok` for tables whose copy stands at exactly this tick. */
  async beforeCommit(db: Connection, tickId: bigint): Promise<void> {
    this.#handedOver = await this.#meet(db, tickId);
  }

  afterCommit(tickId: bigint): void {
    if (this.#main !== null) this.#main = { ...this.#main, completedTick: tickId };
    this.#openTick = null;
    this.#takeOver(this.#handedOver.splice(0));
    this.#ring();
  }

  /** The batch will come again. */
  afterRollback(): void {
    this.#openTick = null;
    this.#handedOver = [];
  }

  /** Stops all copies; they go on at the next start. */
  async close(): Promise<void> {
    this.#stop.abort(new SkytoolsError("ABORTED", "the worker stops"));
    await Promise.all([...this.#tasks.values()].map((task) => task.stop()));
    await Promise.all(Object.values(this.#chores).map((chore) => chore.settled()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @returns whether there are tables in sync that were not when it was called before */
  #load(list: readonly TableInfo[]): boolean {
    this.#tables = new Map(
      list.map((info) => [
        info.name,
        { info, isWanted: info.snapshot === null ? null : negate(snapshotTest(info.snapshot)) },
      ]),
    );
    this.#list = this.#infos();
    const before = this.#inSync;
    const now = list.filter(({ isLocal, state, snapshot }) => isLocal && state.kind === "ok" && snapshot === null);
    this.#inSync = new Set(now.map(({ name }) => name));
    return now.some(({ name }) => !before.has(name));
  }

  #infos(): readonly TableInfo[] {
    return [...this.#tables.values()].map(({ info }) => info);
  }

  /** A queue without events gives no batch to meet at: a copy that stands where the main worker rests is taken over at once. */
  async #meetAtRest(target: Connection, tick: bigint): Promise<void> {
    const names = await this.#meet(target, tick);
    this.#takeOver(names);
    if (names.length > 0) this.#ring();
  }

  async #meet(db: Connection, tick: bigint): Promise<string[]> {
    const names: string[] = [];
    for (const { info } of this.#tables.values()) {
      if (!info.isLocal || info.state.kind !== "wanna-sync") continue;
      const to = transition(info.state, { kind: "main-at", tick })?.state;
      if (to?.kind !== "ok") continue;
      // A takeover of a lost root: its tick of this number is not the one that we have reached.
      const isLost = await hasLostSource(this.#context, db, info.name);
      const change = { from: info.state, to: isLost ? ({ kind: "in-copy" } as const) : to, snapshot: null };
      const isChanged = await changeTableState(db, subjectOf(this.#context, info), change);
      if (isChanged && !isLost) names.push(info.name);
    }
    return names;
  }

  #takeOver(names: readonly string[]): void {
    for (const name of names) {
      const table = this.#tables.get(name);
      if (table === undefined) continue;
      const info: TableInfo = { ...table.info, state: { kind: "ok" }, snapshot: null };
      this.#tables.set(name, { info, isWanted: null });
    }
    if (names.length > 0) this.#list = this.#infos();
  }

  #ring(): void {
    for (const task of this.#tasks.values()) task.ring();
  }

  /** Copies that were begun, by this process or one before it. */
  #resume(): void {
    for (const { info } of this.#tables.values()) {
      if (!info.isLocal || this.#tasks.has(info.name)) continue;
      if (transition(info.state, { kind: "restart" })?.task === "run") this.#begin(info, null);
    }
  }

  /** `found`: where its rows come from, as was found a moment ago. */
  #begin(info: TableInfo, found: CopySource | null): void {
    if (this.#stop.signal.aborted) return;
    this.#context.log.info({ table: info.name, state: info.state.kind }, "copy begins");
    let known = found;
    const findSource = async (table: TableInfo): Promise<CopySource | string> => {
      const source = known ?? (await this.#findSource(table));
      known = null;
      return source;
    };
    const task = new CopyTask({ context: this.#context, info, findSource }, () => {
      this.#tasks.delete(info.name);
      this.#options.wake?.();
    });
    this.#tasks.set(info.name, task);
  }

  #startChores(isMoreInSync: boolean): void {
    const { scout, keys, sweep } = this.#chores;
    if (this.#candidates().length > 0 || this.#withSnapshot().length > 0) scout.start(() => this.#scout());
    keys.start(() => this.#restoreKeys(), { isUrgent: isMoreInSync });
    sweep.start(() =>
      sweepCopyConsumers(this.#context, (table) => this.#tasks.has(table) || this.#isCopying(table), this.#stop.signal),
    );
  }

  #isCopying(name: string): boolean {
    const kind = this.#tables.get(name)?.info.state.kind;
    return kind !== undefined && kind !== "ok" && kind !== "none";
  }

  #candidates(): readonly TableInfo[] {
    return this.tables.filter(({ name, isLocal, state }) => isLocal && state.kind === "none" && !this.#tasks.has(name));
  }

  #withSnapshot(): readonly TableInfo[] {
    return this.tables.filter(({ isLocal, state, snapshot }) => isLocal && state.kind === "ok" && snapshot !== null);
  }

  /** Tables that wait for their source take no slot. */
  async #scout(): Promise<void> {
    await this.#dropOldSnapshots().catch((error: unknown) => {
      this.#context.log.warn({ reason: reasonOf(error) }, "snapshots of tables that are in sync are not looked at");
    });
    for (const info of this.#candidates()) {
      if (this.#context.slots.free <= 0 || this.#stop.signal.aborted) return;
      // One whose node cannot be reached keeps no other waiting.
      const source = await this.#findSource(info).catch((error: unknown) => {
        if (this.#stop.signal.aborted) throw error;
        return reasonOf(error);
      });
      if (typeof source === "string") {
        if (this.#waiting.get(info.name) !== source) this.#context.log.info({ table: info.name }, source);
        this.#waiting.set(info.name, source);
      } else {
        this.#waiting.delete(info.name);
        if (!this.#tasks.has(info.name)) this.#begin(info, source);
      }
    }
  }

  async #findSource(table: TableInfo): Promise<CopySource | string> {
    const { queue, handlers, connections } = this.#context;
    const provider = this.#main?.provider;
    if (provider === undefined) return "the worker does not know its provider yet";
    const connect = (node: string): Promise<Connection> => connections.node(node, "copy", this.#stop.signal);
    return await findCopySource({ queue, handlers, provider, table, connect });
  }

  /** An old program leaves the snapshot when it hands over; all is known once the provider's tick covers it. */
  async #dropOldSnapshots(): Promise<void> {
    const tables = this.#withSnapshot();
    const main = this.#main;
    if (tables.length === 0 || main === null) return;
    const { connections, queue } = this.#context;
    await using provider = await connections.node(main.provider, "copy", this.#stop.signal);
    const later = await readTickSnapshot(provider, queue, main.completedTick);
    if (later === null) return;
    await using target = await connections.target("copy", this.#stop.signal);
    for (const info of tables) {
      if (info.snapshot === null || !snapshotCovers(later, info.snapshot)) continue;
      const change = { from: info.state, to: info.state, snapshot: null };
      await changeTableState(target, subjectOf(this.#context, info), change);
    }
  }

  async #restoreKeys(): Promise<void> {
    const { queue, log, connections } = this.#context;
    const { signal } = this.#stop;
    await using target = await connections.target("foreign keys", signal);
    await keepInOrder(target, this.tables, { queue, log, signal });
  }
}

function negate(test: (txid: bigint) => boolean): (txid: bigint) => boolean {
  return (txid) => !test(txid);
}
