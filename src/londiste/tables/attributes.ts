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
  /** Everything else, kept as it is. */
  readonly others: ReadonlyMap<string, string | null>;
}

export const noAttributes: TableAttributes = {
  handler: null,
  isTruncateSkipped: false,
  copyNode: null,
  maxParallelCopy: null,
  others: new Map(),
};

const known = new Set(["handler", "handlers", "skip_truncate", "copy_node", "max_parallel_copy"]);

/** `handlers` is an old name of `handler`. @throws WRONG_USE */
export function parseAttributes(text: string | null): TableAttributes {
  if (text === null || text === "") return noAttributes;
  const values = decodeRow(text);
  const handler = values.get("handler") ?? values.get("handlers") ?? null;
  const parallel = Number.parseInt(values.get("max_parallel_copy") ?? "", 10);
  return {
    handler: handler === null || handler === "" ? null : parseHandlerText(handler),
    isTruncateSkipped: ![undefined, null, "", "0"].includes(values.get("skip_truncate")),
    copyNode: values.get("copy_node") ?? null,
    maxParallelCopy: Number.isNaN(parallel) ? null : parallel,
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
  for (const [key, value] of attributes.others) values.set(key, value);
  return values.size === 0 ? null : encodeRow(values);
}
