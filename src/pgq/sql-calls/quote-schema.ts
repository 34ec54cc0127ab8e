// The name of a schema in SQL text. Names of other things are always parameters.

/** Always quoted, so that no keyword list is needed. */
export function quoteSchema(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
