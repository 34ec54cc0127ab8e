// A handler with its arguments, made for one table: what the worker, the copy and the commands see of it.
import type { CascadeEvent, EventChanges } from "../../cascade/events/index.ts";
import type { CopyOutcome, CopyRequest, CopySides, HandlerReplay } from "./definition.ts";

export interface TableHandler {
  readonly name: string;
  readonly needsTable: boolean;
  readonly triggerArgs: readonly string[];
  readonly isTriggerSkipping: boolean;
  readonly isSynced: boolean;
  readonly isTruncateIgnored: boolean;
  /** null: the ordinary copy. */
  readonly copyRows:
    ((request: CopyRequest, next: (request: CopyRequest) => Promise<CopyOutcome>) => Promise<CopyOutcome>) | null;
  /** null: events are passed on as they are. Otherwise what to change in the event, or null to drop it. */
  readonly copyEvent: ((event: CascadeEvent) => EventChanges | null) | null;
  copyCondition(sides: CopySides): Promise<string | null>;
  /** null: parse, fold and apply. Made anew for every batch. */
  replay(): HandlerReplay | null;
}

/** Where a handler is wanted: its name and arguments as the table's attributes have them. */
export interface HandlerRequest {
  /** Name in the set. */
  readonly table: string;
  /** Name on this node. */
  readonly dest: string;
  /** null: the default handler. */
  readonly handler: { readonly name: string; readonly args: ReadonlyMap<string, string> } | null;
}
