// The way of a table's events in one batch: through its handler, if it has one, to the tables that are written.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { HandlerReplay, ReplayBatch, ReplayTools } from "../handler/index.ts";
import { type RowChange, RowReader } from "../row-events/index.ts";
import type { ConflictPolicy } from "./conflict.ts";
import type { Destinations } from "./destinations.ts";
import type { ReplicaTable } from "./replica-table.ts";
import type { DestinationState } from "./table-state.ts";

export interface RouteContext {
  readonly batch: ReplayBatch;
  readonly target: Connection;
  readonly conflict: ConflictPolicy;
  readonly destinations: Destinations;
  readonly flush: () => Promise<void>;
}

export class EventRoute {
  /** Events that were applied, or given to the handler. */
  events = 0;
  readonly state: DestinationState;
  readonly #table: ReplicaTable;
  readonly #context: RouteContext;
  readonly #reader = new RowReader();
  readonly #replay: HandlerReplay | null;
  readonly #tools: ReplayTools;

  constructor(table: ReplicaTable, context: RouteContext) {
    this.#table = table;
    this.#context = context;
    this.state = context.destinations.open(table.name, table.dest, context.conflict);
    this.#replay = table.handler.replay();
    this.#tools = this.#makeTools();
  }

  get isTruncateIgnored(): boolean {
    return this.#table.handler.isTruncateIgnored;
  }

  isWanted(event: CascadeEvent): boolean {
    return this.state.quarantine === null && (this.#table.isWanted?.(event) ?? true);
  }

  /** @throws ROW_EVENT, and what the handler throws */
  take(event: CascadeEvent): void | Promise<void> {
    this.events++;
    if (this.#replay?.event !== undefined) return this.#replay.event(event, this.#tools);
    return this.#parse(event);
  }

  async finish(): Promise<void> {
    await this.#replay?.finish?.(this.#tools);
  }

  #parse(event: CascadeEvent): void | Promise<void> {
    const read = this.#reader.read(event);
    if (read.kind === "truncate") return;
    if (read.kind === "sql") {
      this.#context.destinations.add(this.state, { kind: "partial-sql", event, ...pick(read) }, event);
      return;
    }
    if (this.#replay?.change !== undefined) {
      // a plain object, which a handler can spread
      const { operation, shape, values, oldKey } = read.change;
      return this.#replay.change({ operation, shape, values, oldKey }, event, this.#tools);
    }
    this.#apply(read.change, event, this.state);
  }

  #apply(change: RowChange, event: CascadeEvent, state: DestinationState): void {
    this.#context.destinations.add(state, { kind: "change", event, change }, event);
  }

  #makeTools(): ReplayTools {
    const { batch, target, destinations, conflict, flush } = this.#context;
    const { name, dest } = this.#table;
    return {
      batch,
      target,
      parse: (event) => this.#parse(event),
      apply: (change, event, other = dest) =>
        this.#apply(change, event, other === dest ? this.state : destinations.open(name, other, conflict)),
      run: (event, sql, params = []) => destinations.add(this.state, { kind: "statement", event, sql, params }, event),
      flush,
    };
  }
}

function pick<T extends { readonly operation: unknown; readonly text: unknown }>({
  operation,
  text,
}: T): Pick<T, "operation" | "text"> {
  return { operation, text };
}
