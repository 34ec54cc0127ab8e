// The events of one batch on their way through a worker: passed on to the next queue, acted on, given to the user.
import { SkytoolsError } from "../../errors/index.ts";
import type { PipelineStatement } from "../../postgres/index.ts";
import {
  type CascadeEvent,
  type CopiedEvent,
  copyEventsToQueue,
  type EventChunk,
  insertStatement,
  isSmall,
  readBatchEvents,
} from "../events/index.ts";
import type { BatchHooks, WorkerBatch, WorkerHooks } from "./hooks.ts";
import { passedOn, type PassOnRules } from "./pass-on.ts";
import type { SyncWatermark } from "./sync-watermark.ts";
import { applySystemEvent, isCascadeEvent } from "./system-events.ts";

export interface EventPassParts {
  readonly hooks: Pick<WorkerHooks, "systemPrefixes" | "uncombinedPrefixes">;
  readonly sync: SyncWatermark | null;
  /** Where the events are passed on to; null: asked for when there are some. */
  readonly eventTable: string | null;
}

export class EventPass {
  readonly #batch: WorkerBatch;
  readonly #user: BatchHooks;
  readonly #parts: EventPassParts;
  readonly #inOrder: (work: () => Promise<void>) => Promise<void>;
  /** What runs in between the user's statements; all of it must have succeeded before the commit. */
  readonly #pending: Promise<void>[] = [];
  /** What goes to the next queue with the commit. */
  #copiedLast: readonly CopiedEvent[] = [];
  #events = 0;
  #highestId = 0n;

  constructor(batch: WorkerBatch, user: BatchHooks, parts: EventPassParts) {
    this.#batch = batch;
    this.#user = user;
    this.#parts = parts;
    this.#inOrder = (work) => user.inOrder?.(work) ?? work();
  }

  get events(): number {
    return this.#events;
  }

  get highestId(): bigint {
    return this.#highestId;
  }

  /** To be run before the commit. */
  get last(): readonly PipelineStatement[] {
    const { eventTable } = this.#parts;
    if (eventTable === null || this.#copiedLast.length === 0) return [];
    return [insertStatement(eventTable, this.#copiedLast)];
  }

  async run(): Promise<void> {
    const { signal, node } = this.#batch;
    const { where = null } = this.#user;
    if (where !== null && node.duties.copiesTo !== null) {
      throw new SkytoolsError("WRONG_USE", `node ${node.name} passes events on, so none of them may be left out`);
    }
    for await (const { events } of this.#chunks(where)) {
      if (signal.aborted) throw new SkytoolsError("ABORTED", "stopped in the middle of a batch");
      await this.#chunk(events);
    }
    await Promise.all(this.#pending);
  }

  #chunks(where: string | null): AsyncIterable<EventChunk> | Iterable<EventChunk> {
    const { source, batchId, eventSql, loaded, signal } = this.#batch;
    if (loaded === null) return readBatchEvents(source, { batchId, eventSql, where: where ?? undefined, signal });
    return loaded.length === 0 ? [] : [{ events: loaded }];
  }

  async #chunk(events: readonly CascadeEvent[]): Promise<void> {
    const { duties } = this.#batch.node;
    this.#count(events);
    this.#passOn(events);
    const own = events.filter(isCascadeEvent);
    if (own.length > 0) this.#later(() => this.#applyOwn(own));
    const theirs = own.length === 0 ? events : events.filter((event) => !isCascadeEvent(event));
    const wanted = duties.appliesEvents ? theirs : theirs.filter((event) => this.#isSystem(event));
    if (wanted.length > 0) await this.#user.events(wanted);
    else await Promise.all(this.#pending.splice(0)); // nobody else slows the reading down
  }

  #count(events: readonly CascadeEvent[]): void {
    this.#events += events.length;
    const last = events.at(-1);
    if (last !== undefined && last.id > this.#highestId) this.#highestId = last.id;
    const retried = events.find(({ retry }) => retry !== null);
    if (retried === undefined) return;
    throw new SkytoolsError("CASCADE_EVENT", `event ${retried.id} was set aside by somebody and came again`, {
      hint: "a cascaded queue has no retries: they would come at other places on each node",
    });
  }

  #passOn(events: readonly CascadeEvent[]): void {
    const { target, node } = this.#batch;
    const { copiesTo } = node.duties;
    if (copiesTo === null) return;
    const { queue, keepIds } = copiesTo;
    const copied = passedOn(events, this.#rules(keepIds));
    if (copied.length === 0) return;
    if (keepIds && this.#batch.loaded !== null && this.#parts.eventTable !== null && isSmall(copied)) {
      this.#copiedLast = copied; // all of them: what is loaded comes as one chunk
      return;
    }
    this.#later(async () => {
      await copyEventsToQueue(target, queue, copied, { keepIds, table: this.#parts.eventTable });
    });
  }

  #rules(keepIds: boolean): PassOnRules {
    const { sync, hooks } = this.#parts;
    const { globalWatermark } = this.#batch.node;
    return {
      keepIds,
      uncombinedPrefixes: hooks.uncombinedPrefixes ?? [],
      watermark: sync === null ? null : () => sync.agreed ?? globalWatermark,
      change: this.#user.copied?.bind(this.#user) ?? null,
    };
  }

  async #applyOwn(events: readonly CascadeEvent[]): Promise<void> {
    const { node, target, log, openProvider } = this.#batch;
    const context = { node, target, log, openProvider, syncWatermark: this.#parts.sync };
    for (const event of events) await applySystemEvent(event, context);
  }

  #later(work: () => Promise<void>): void {
    const running = this.#inOrder(work);
    running.catch(() => undefined); // looked at when all are waited for
    this.#pending.push(running);
  }

  #isSystem({ type }: CascadeEvent): boolean {
    return (this.#parts.hooks.systemPrefixes ?? []).some((prefix) => type?.startsWith(prefix) === true);
  }
}
