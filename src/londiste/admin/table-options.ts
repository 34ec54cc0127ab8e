// What add-table and change-handler are told about a table.
import { SkytoolsError } from "../../errors/index.ts";
import type { HandlerText } from "../tables/handler-text.ts";

export interface TableTriggerOptions {
  /** Letters; null: capture as JSON, by statement where that can be. */
  readonly triggerFlags: string | null;
  /** Given to the trigger as they are: backup, ignore=a,b, pkey=a,b, ev_extra2=expression. */
  readonly triggerArgs: readonly string[];
  readonly noTriggers: boolean;
  /** null: the default handler. */
  readonly handler: HandlerText | null;
}

export interface AddTableOptions extends TableTriggerOptions {
  /** What is made when the table is missing here; null: nothing. */
  readonly create: "plain" | "full" | null;
  /** The table's name here. */
  readonly dest: string | null;
  readonly isSynced: boolean;
  readonly isTruncateSkipped: boolean;
  /** Node to copy from; "?": the first one above that has the table. */
  readonly copyNode: string | null;
  readonly merge: "all" | "none" | null;
  readonly maxParallelCopy: number | null;
  /** Tables that are missing here or on the provider are passed over with a warning. */
  readonly isSkippingMissing: boolean;
}

export const plainTriggers: TableTriggerOptions = {
  triggerFlags: null,
  triggerArgs: [],
  noTriggers: false,
  handler: null,
};

export const plainTable: AddTableOptions = {
  ...plainTriggers,
  create: null,
  dest: null,
  isSynced: false,
  isTruncateSkipped: false,
  copyNode: null,
  merge: null,
  maxParallelCopy: null,
  isSkippingMissing: false,
};

const KNOWN_FLAGS = "IUDBALQJS";

/** @throws WRONG_USE */
export function checkTriggerFlags(flags: string | null): void {
  const unknown = Array.from((flags ?? "").toUpperCase()).filter((letter) => !KNOWN_FLAGS.includes(letter));
  if (unknown.length === 0) return;
  throw new SkytoolsError("WRONG_USE", `--trigger-flags does not know ${unknown.join(", ")}`, {
    hint: "I U D: events; B, A: before, after; L, Q, J: URL encoded, SQL, JSON; S: the row does not reach the table",
  });
}
