/** What an error says of itself, in one text; anything may be thrown. */
export function reasonOf(error: unknown): string {
  // Of a host with several addresses the system gives one error each, and none of its own.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}
