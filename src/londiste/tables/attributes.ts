// The attributes of a table, urlencoded in table_info.table_attrs.
import { decodeRow, encodeRow } from "../../pgq/row-format/index.ts";
import { type HandlerText, formatHandlerText, parseHandlerText } from "./handler-text.ts";

export interface TableAttributes {
  /** Null: the default handler. */
  readonly handler: HandlerText | null;
  /** The copy keeps rows that are there. */
  readonly isTruncateSkipped: boolean;
  /** Node to copy from instead of the provider; "?" searches upwards. */
  readonly copyNode: string | null;
  /** Most copies into one merged table at the same time; null: 8. */
  readonly maxParallelCopy: number | null;
  /**
   * Id of the newest event of the provider's queue when the node took the table: a removal up to it is of before. Ids are
   * the same on all nodes. null: an old program took it.
   */
  readonly addedAt: bigint | null;
  /** Everything else, kept as it is. */
  readonly others: ReadonlyMap<string, string | null>;
}

export const noAttributes: TableAttributes = {
  handler: null,
  isTruncateSkipped: false,
  copyNode: null,
  maxParallelCopy: null,
  addedAt: null,
  others: new Map(),
};

const known = new Set(["handler", "handlers", "skip_truncate", "copy_node", "max_parallel_copy", "added_at"]);

/** `handlers` is an old name of `handler`. @throws WRONG_USE */
export function parseAttributes(text: string | null): TableAttributes {
  if (text === null || text === "") return noAttributes;
  const values = decodeRow(text);
  const handler = values.get("handler") ?? values.get("handlers") ?? null;
  const addedAt = values.get("added_at") ?? "";
  const parallel = Number.parseInt(values.get("max_parallel_copy") ?? "", 10);
  return {
    handler: handler === null || handler === "" ? null : parseHandlerText(handler),
    isTruncateSkipped: ![undefined, null, "", "0"].includes(values.get("skip_truncate")),
    copyNode: values.get("copy_node") ?? null,
    maxParallelCopy: Number.isNaN(parallel) ? null : parallel,
    addedAt: /^\d+$/.test(addedAt) ? BigInt(addedAt) : null,
    others: new Map([...values].filter(([key]) => !known.has(key))),
  };
}

/** Null when there are none. */
export function formatAttributes(attributes: TableAttributes): string | null {
  const values = new Map<string, string | null>();
  if (attributes.handler !== null) values.set("handler", formatHandlerText(attributes.handler));
  if (attributes.isTruncateSkipped) values.set("skip_truncate", "1");
  if (attributes.copyNode !== null) values.set("copy_node", attributes.copyNode);
  if (attributes.maxParallelCopy !== null) values.set("max_parallel_copy", String(attributes.maxParallelCopy));
  if (attributes.addedAt !== null) values.set("added_at", String(attributes.addedAt));
  for (const [key, value] of attributes.others) values.set(key, value);
  return values.size === 0 ? null : encodeRow(values);
}
