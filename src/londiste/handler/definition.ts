// What the author of a handler writes. A handler decides, for one table on one node, about the trigger, the copy and the
// replay. See docs/howto/write-a-handler.md.
import type { CascadeEvent, EventChanges } from "../../cascade/events/index.ts";
import type { Queryable } from "../../postgres/index.ts";
import type { RowChange } from "../row-events/index.ts";
import type { HandlerArgs, HandlerArgValues } from "./arguments.ts";

/** The table that a handler was made for. Names are "schema.table", not quoted. */
export interface HandlerContext<A extends HandlerArgs = HandlerArgs> {
  /** Name in the set. */
  readonly table: string;
  /** Name on this node. */
  readonly dest: string;
  readonly args: HandlerArgValues<A>;
  /** Arguments that `args` does not name; empty unless the definition takes them. */
  readonly otherArgs: ReadonlyMap<string, string>;
  /** A key of the worker's configuration, null when it is not set. */
  readonly setting: (key: string) => string | null;
}

/** The batch that is replayed. Times are timestamptz text of the provider. */
export interface ReplayBatch {
  readonly tickId: bigint;
  readonly previousTickId: bigint;
  readonly tickTime: string;
}

/** What a handler can do with what it is given. Everything happens in the batch's transaction. */
export interface ReplayTools {
  readonly batch: ReplayBatch;
  /** The session that replays; reading on it is safe after flush() only. */
  readonly target: Queryable;
  /** Hands the event on to be parsed, as if there were no handler. */
  parse(event: CascadeEvent): void | Promise<void>;
  /** Has the change applied to the table, or to another (`dest`), in order with the other changes of that table. */
  apply(change: RowChange, event: CascadeEvent, dest?: string): void | Promise<void>;
  /** Runs a statement after all that was given before it. `$1…` are the parameters. */
  run(event: CascadeEvent, sql: string, params?: readonly (string | null)[]): void | Promise<void>;
  /** Resolves when all that was given has been applied. */
  flush(): Promise<void>;
}

/** The replay of one table in one batch; made when its first event comes. Return a promise only where you wait. */
export interface HandlerReplay {
  /** Each row event that is wanted, before it is parsed. Default: tools.parse(event). */
  event?(event: CascadeEvent, tools: ReplayTools): void | Promise<void>;
  /** Each change. Default: tools.apply(change, event). */
  change?(change: RowChange, event: CascadeEvent, tools: ReplayTools): void | Promise<void>;
  /** The end of the batch; all changes are applied. */
  finish?(tools: ReplayTools): void | Promise<void>;
}

/** Both ends of a copy, compare or repair. */
export interface CopySides {
  readonly source: Queryable;
  readonly target: Queryable;
}

export interface CopyRequest extends CopySides {
  /** Table on the source. */
  readonly sourceTable: string;
  readonly columns: readonly string[];
  /** Condition of this handler. */
  readonly condition: string | null;
  readonly signal?: AbortSignal | undefined;
}

export interface CopyOutcome {
  readonly rows: number;
  readonly bytes: number;
}

export interface HandlerDefinition<A extends HandlerArgs = HandlerArgs> {
  readonly name: string;
  readonly oldNames?: readonly string[];
  /** One sentence without a full stop. */
  readonly summary: string;
  readonly args: A;
  /** Arguments that `args` does not name are passed on instead of refused. */
  readonly takesOtherArgs?: boolean;
  /** More checks of the arguments. @throws */
  check?(context: HandlerContext<A>): void;
  /** false: there need be no table on this node. Default true. */
  needsTable?(context: HandlerContext<A>): boolean;
  /** Appended to the arguments of the trigger by add-table and change-handler. */
  triggerArgs?(context: HandlerContext<A>): readonly string[];
  /** true: add-table puts the trigger BEFORE INSERT with SKIP, so that rows go into the queue only. */
  isTriggerSkipping?(context: HandlerContext<A>): boolean;
  /** true: the table needs no copy, its state is ok at once. */
  isSynced?(context: HandlerContext<A>): boolean;
  /** SQL condition over the source's columns for copy, compare and repair; null: all rows. */
  copyCondition?(context: HandlerContext<A>, sides: CopySides): Promise<string | null> | string | null;
  /** Copies the rows itself; `next` is the ordinary copy. */
  copyRows?(
    context: HandlerContext<A>,
    request: CopyRequest,
    next: (request: CopyRequest) => Promise<CopyOutcome>,
  ): Promise<CopyOutcome>;
  /** true: a truncate of the table on the root is not replayed. */
  isTruncateIgnored?(context: HandlerContext<A>): boolean;
  /** Default: parse, fold and apply. */
  replay?(context: HandlerContext<A>): HandlerReplay;
  /** Rewrites an event on its way into a branch's queue; null drops it. Default: as it is. */
  copyEvent?(context: HandlerContext<A>, event: CascadeEvent): EventChanges | null;
}

/** Gives the definition the types of its arguments. */
export function defineHandler<const A extends HandlerArgs>(definition: HandlerDefinition<A>): HandlerDefinition<A> {
  return definition;
}
