// Events that an administrator wants to be passed over on this node, as an attribute of their table: the worker reads that
// anyway, and it works with every version of the schema.
import type { TableAttributes } from "../tables/attributes.ts";

/** Its value are the ids, joined by commas; it goes away with the transaction that passes over them. */
export const SKIP_EVENT = "skip_event";

export function skippedEvents({ others }: Pick<TableAttributes, "others">): ReadonlySet<string> {
  return new Set((others.get(SKIP_EVENT) ?? "").split(",").filter((id) => id !== ""));
}

export function withSkippedEvents(attributes: TableAttributes, ids: Iterable<string>): TableAttributes {
  const others = new Map(attributes.others);
  const text = [...new Set(ids)].join(",");
  if (text === "") others.delete(SKIP_EVENT);
  else others.set(SKIP_EVENT, text);
  return { ...attributes, others };
}
