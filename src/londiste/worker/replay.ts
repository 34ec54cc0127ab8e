// One batch of a set on this node: rows by the applier, everything else as barriers between them.
import type { BatchHooks, CascadeEvent, EventChanges, WorkerBatch } from "../../cascade/index.ts";
import {
  type ApplyStats,
  BatchApplier,
  type Conflict,
  type ConflictPolicy,
  type ReplicaTable,
  type TableStructures,
} from "../apply/index.ts";
import type { TableHandler } from "../handler/index.ts";
import { ConflictNotes, skippedEvents, withSkippedEvents } from "../conflicts/index.ts";
import { lockTable, setTableAttributes } from "../sql-calls/index.ts";
import type { TableSync } from "../sync/index.ts";
import { formatAttributes } from "../tables/attributes.ts";
import { fullName, type TableInfo } from "../tables/table-info.ts";
import { QUARANTINE } from "./quarantine.ts";
import { applySetEvent, type SetEventContext } from "./set-events.ts";

export interface ReplayParts {
  /** Null on a node that only waits behind. */
  readonly sync: TableSync | null;
  readonly structures: TableStructures;
  readonly handlerOf: (table: TableInfo) => TableHandler;
  readonly conflict: ConflictPolicy;
  readonly register: Pick<SetEventContext, "tables" | "sequences">;
  readonly openSession: SetEventContext["openSession"];
  readonly where: string | null;
  readonly applied: (stats: ApplyStats) => void;
  readonly conflicted: (conflict: Conflict) => void;
}

/** In the round after a failure: the event that fails is found among fewer. */
const RETRIED_CHUNK = 500;
const UNCHANGED: EventChanges = {};

export class Replay implements BatchHooks {
  readonly where: string | null;
  readonly #batch: WorkerBatch;
  readonly #parts: ReplayParts;
  readonly #applier: BatchApplier;
  readonly #tables = new Map<string, ReplicaTable | null>();
  readonly #removed = new Set<string>();
  readonly #notes: ConflictNotes;
  /** Ids of events that were passed over, by table. */
  readonly #skipped = new Map<string, string[]>();
  #stats: ApplyStats | null = null;

  constructor(batch: WorkerBatch, parts: ReplayParts) {
    const { tickId, previousTickId, tickTime, target, log, queue } = batch;
    this.#batch = batch;
    this.#parts = parts;
    this.where = parts.where;
    this.#notes = new ConflictNotes({ queue, tick: tickId, log, changesOf: (event) => this.copied(event) });
    this.#applier = new BatchApplier({
      target,
      log,
      tables: (name) => this.#table(name),
      batch: { tickId, previousTickId, tickTime },
      structures: parts.structures,
      conflict: parts.conflict,
      onConflict: async (conflict, event) => {
        parts.conflicted(conflict);
        await this.#notes.add(conflict, event, target);
      },
      ...(batch.isRetried ? { chunkEvents: RETRIED_CHUNK } : {}),
    });
  }

  async events(events: readonly CascadeEvent[]): Promise<void> {
    for (const event of events) {
      if (BatchApplier.isRowEvent(event)) {
        const waiting = this.#applier.add(event);
        if (waiting !== undefined) await waiting;
      } else {
        await this.#barrier(event);
      }
    }
  }

  copied(event: CascadeEvent): EventChanges | null {
    if (!BatchApplier.isRowEvent(event)) return UNCHANGED;
    const copyEvent = this.#table(event.extra1 ?? "")?.handler.copyEvent ?? null;
    return copyEvent === null ? UNCHANGED : copyEvent(event);
  }

  async inOrder(work: () => Promise<void>): Promise<void> {
    await this.#applier.afterApplied(work);
  }

  async beforeCommit(): Promise<void> {
    const { target, tickId } = this.#batch;
    this.#stats = await this.#applier.finish();
    for (const [name, conflict] of this.#stats.quarantined) await this.#quarantine(name, conflict);
    for (const [name, events] of this.#skipped) await this.#forgetSkipped(name, events);
    await this.#notes.write(target);
    await this.#parts.sync?.beforeCommit(target, tickId);
  }

  afterCommit(): Promise<void> {
    this.#parts.sync?.afterCommit(this.#batch.tickId);
    if (this.#stats !== null) this.#parts.applied(this.#stats);
    return Promise.resolve();
  }

  rolledBack(): void {
    this.#parts.structures.forget();
    this.#parts.sync?.afterRollback();
  }

  async #barrier(event: CascadeEvent): Promise<void> {
    const { target, log, queue, openProvider } = this.#batch;
    const { register, openSession } = this.#parts;
    await this.#applier.flush();
    const outcome = await applySetEvent(event, { queue, target, log, openSession, openProvider, ...register });
    if (outcome.isStructureChanged === true) this.#parts.structures.forget();
    if (outcome.removedTable === undefined) return;
    this.#removed.add(fullName(outcome.removedTable));
    this.#tables.clear();
  }

  /** Null: nothing of it is replayed here now. */
  #table(name: string): ReplicaTable | null {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = this.#open(fullName(name));
    this.#tables.set(name, table);
    return table;
  }

  #open(name: string): ReplicaTable | null {
    const table = this.#removed.has(name) ? null : (this.#parts.sync?.wantedTable(name) ?? null);
    if (table === null || table.info.attributes.others.has(QUARANTINE)) return null;
    const { info, isWanted } = table;
    const replica = { name, dest: info.dest, handler: this.#parts.handlerOf(info) };
    const skipped = skippedEvents(info.attributes);
    if (skipped.size === 0) return isWanted === null ? replica : { ...replica, isWanted: ({ txid }) => isWanted(txid) };
    return {
      ...replica,
      isWanted: (event) => (isWanted?.(event.txid) ?? true) && !(skipped.has(event.idText) && this.#skip(name, event)),
    };
  }

  #skip(name: string, event: CascadeEvent): true {
    this.#notes.addSkipped(name, event);
    this.#skipped.set(name, [...(this.#skipped.get(name) ?? []), event.idText]);
    return true;
  }

  /** They do not come again. */
  async #forgetSkipped(name: string, events: readonly string[]): Promise<void> {
    const { target, log, queue } = this.#batch;
    const info = await lockTable(target, queue, name);
    if (info !== null) {
      const left = [...skippedEvents(info.attributes)].filter((id) => !events.includes(id));
      const attributes = formatAttributes(withSkippedEvents(info.attributes, left));
      await setTableAttributes(target, log, queue, { table: name, attributes });
    }
    log.warn({ table: name, events: events.join(", ") }, "skipped, as skip-event has asked; conflicts has the data");
  }

  /** It stays out until it is copied anew; an administrator may have asked for that since the batch was begun. */
  async #quarantine(name: string, { eventId, kind }: Conflict): Promise<void> {
    const { target, log, queue } = this.#batch;
    const info = await lockTable(target, queue, name);
    if (info?.state.kind !== "ok") return;
    const others = new Map([...info.attributes.others, [QUARANTINE, String(eventId)]]);
    const attributes = formatAttributes({ ...info.attributes, others });
    await setTableAttributes(target, log, queue, { table: name, attributes });
    log.error({ table: name, event: String(eventId), kind }, "table put into quarantine: resync it");
  }
}
