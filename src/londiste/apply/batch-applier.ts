// Replays row events into the tables of this node, inside of the caller's transaction.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import type { Connection, Log } from "../../postgres/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { ReplayBatch } from "../handler/index.ts";
import { eventKind } from "../row-events/index.ts";
import { Chunk } from "./apply-chunk.ts";
import type { ChunkContext } from "./apply-context.ts";
import { type ChunkFrame, closeFrame, newFrame } from "./chunk-frame.ts";
import type { Conflict, ConflictPolicy } from "./conflict.ts";
import { Destinations } from "./destinations.ts";
import { EventRoute } from "./event-route.ts";
import type { TableLookup } from "./replica-table.ts";
import type { TableStructures } from "./table-structures.ts";
import { isDataError } from "./data-error.ts";
import { TaskLine } from "./task-line.ts";
import { truncateError, truncateTables } from "./truncate.ts";

export interface BatchApplierOptions {
  /** In a transaction. Between add() and flush() only the applier may use it; see afterApplied. */
  readonly target: Connection;
  readonly tables: TableLookup;
  readonly batch: ReplayBatch;
  /** Kept by the worker as long as the connection, so that tables are looked up once and not once a batch. */
  readonly structures: TableStructures;
  /** Default error. */
  readonly conflict?: ConflictPolicy;
  /** Called for each conflict that did not stop the batch, inside of the transaction, `target` free to use. */
  readonly onConflict?: (conflict: Conflict, event: CascadeEvent, target: Connection) => Promise<void> | void;
  readonly log?: Log;
  /** Events that are folded together. Default 4 000. */
  readonly chunkEvents?: number;
  /** Characters of events that are folded together; one event may be larger. Default 16 Mi. */
  readonly chunkLength?: number;
}

export interface ApplyStats {
  /** Row events that were applied, by table name in the set. */
  readonly events: ReadonlyMap<string, number>;
  /** Events of tables that are not replayed here, or whose row was in the copy already. */
  readonly ignored: number;
  /** Rows changed, after folding. */
  readonly rows: number;
  readonly conflicts: number;
  /** Names in the set of tables that were given up in this batch. */
  readonly quarantined: ReadonlyMap<string, Conflict>;
}

const noLog: Log = { warn: () => undefined, debug: () => undefined };

export class BatchApplier {
  readonly #options: BatchApplierOptions;
  readonly #destinations: Destinations;
  readonly #routes = new Map<string, EventRoute | null>();
  readonly #line = new TaskLine();
  readonly #frame: ChunkFrame = newFrame();
  readonly #context: ChunkContext;
  readonly #chunkEvents: number;
  readonly #chunkLength: number;
  /** Of each table its first event. */
  readonly #truncated = new Map<EventRoute, CascadeEvent>();
  #ignored = 0;
  #rows = 0;
  #conflicts = 0;

  constructor(options: BatchApplierOptions) {
    if (options.structures.target !== options.target) {
      throw new SkytoolsError("WRONG_USE", "the structures of tables belong to another connection");
    }
    this.#options = options;
    this.#chunkEvents = options.chunkEvents ?? 4_000;
    this.#chunkLength = options.chunkLength ?? 16 * 1024 * 1024;
    this.#destinations = new Destinations();
    this.#context = this.#contextOf(options);
  }

  /** True for the event types of rows and truncates; everything else (pgq.*, londiste.*, EXECUTE) is the caller's. */
  static isRowEvent(event: CascadeEvent): boolean {
    return eventKind(event.type) !== null;
  }

  /**
   * Takes a row event or a truncate. Mostly nothing is awaited: rows are applied in the background while the next ones
   * are folded. @throws REPLICA_CONFLICT, REPLICA_TABLE, ROW_EVENT, DATABASE, also for events that were added before
   */
  add(event: CascadeEvent): void | Promise<void> {
    const route = this.#routeOf(event.extra1 ?? "");
    if (route === null || !route.isWanted(event)) {
      this.#ignored++;
      return;
    }
    const isTruncate = eventKind(event.type)?.format === "truncate";
    if (isTruncate) {
      this.#truncate(route, event);
      return;
    }
    if (this.#truncated.size === 0) return this.#take(route, event);
    return this.#truncateNow().then(() => this.#take(route, event));
  }

  /**
   * Runs `work` on the target after the chunk that is being applied, without waiting for it; errors come out of later
   * calls. The promise resolves when there is room for more.
   */
  async afterApplied(work: (target: Connection) => Promise<unknown>): Promise<void> {
    await this.#line.add({
      run: async () => {
        await work(this.#options.target);
      },
    });
  }

  /**
   * Resolves when all that was added is applied and the target is free: before EXECUTE and londiste.* events.
   * What the caller does then may alter tables.
   */
  async flush(): Promise<void> {
    await this.#settle();
    this.#options.structures.forget();
  }

  /** The end of the batch; handlers finish. The caller commits. */
  async finish(): Promise<ApplyStats> {
    await this.#flush();
    for (const route of this.#routes.values()) await route?.finish();
    await this.#flush();
    return {
      events: new Map([...this.#routes].flatMap(([name, route]) => (route === null ? [] : [[name, route.events]]))),
      ignored: this.#ignored,
      rows: this.#rows,
      conflicts: this.#conflicts,
      quarantined: this.#destinations.quarantined,
    };
  }

  #routeOf(extra1: string): EventRoute | null {
    const known = this.#routes.get(extra1);
    if (known !== undefined) return known;
    const name = extra1.includes(".") ? extra1 : `public.${extra1}`;
    const table = this.#options.tables(name);
    const route =
      table === null
        ? null
        : new EventRoute(table, {
            batch: this.#options.batch,
            target: this.#options.target,
            conflict: table.conflict ?? this.#options.conflict ?? "error",
            destinations: this.#destinations,
            flush: () => this.#settle(),
          });
    this.#routes.set(extra1, route);
    return route;
  }

  #take(route: EventRoute, event: CascadeEvent): void | Promise<void> {
    const taken = route.take(event);
    if (taken !== undefined) return taken.then(() => this.#handOverIfFull());
    return this.#handOverIfFull();
  }

  #handOverIfFull(): void | Promise<void> {
    const { events, length } = this.#destinations;
    if (events >= this.#chunkEvents || length >= this.#chunkLength) return this.#handOver({ moreFollows: true });
  }

  async #handOver({ moreFollows }: { readonly moreFollows: boolean }): Promise<void> {
    const parts = this.#destinations.take();
    if (parts.length === 0) return;
    const chunk = new Chunk(this.#context, parts, moreFollows);
    await this.#line.add({
      run: async () => {
        this.#rows += await chunk.apply();
      },
      prepare: (isNext) => chunk.prepare(isNext),
      get isSent() {
        return chunk.isSent;
      },
    });
  }

  #contextOf({ structures, log = noLog, onConflict, target }: BatchApplierOptions): ChunkContext {
    const settled = async (conflict: Conflict, event: CascadeEvent): Promise<void> => {
      this.#conflicts++;
      const { kind, policy, table, eventId, txid, operation } = conflict;
      log.warn({ kind, policy, table, eventId, txid, operation }, "conflict");
      await onConflict?.(conflict, event, target);
    };
    return { structures, frame: this.#frame, log, settled };
  }

  /** Truncates that stand together are one statement: tables that refer to each other are emptied together. */
  #truncate(route: EventRoute, event: CascadeEvent): void {
    route.events++;
    if (!route.isTruncateIgnored && !this.#truncated.has(route)) this.#truncated.set(route, event);
  }

  async #truncateNow(): Promise<void> {
    const given = [...this.#truncated];
    this.#truncated.clear();
    await this.#flush();
    const open = given.filter(([{ state }]) => state.quarantine === null);
    if (open.length === 0) return;
    const names = open.map(([{ state }]) => state.dest);
    try {
      await truncateTables(this.#options.structures, names);
    } catch (error) {
      if (!isDataError(error)) throw error;
      const events = open.map(([, { idText }]) => idText);
      throw truncateError({ names, events }, error);
    }
  }

  /** The session is as it was at the beginning, for others to use. */
  async #settle(): Promise<void> {
    await this.#flush();
    await closeFrame(this.#options.target, this.#frame);
  }

  async #flush(): Promise<void> {
    await this.#handOver({ moreFollows: false });
    await this.#line.empty();
    if (this.#truncated.size > 0) await this.#truncateNow();
  }
}
