// SQLSTATE of a failed statement, whichever driver ran it.

/** Null when there is none. Looks at the causes too. */
export function sqlstateOf(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ("sqlstate" in at && typeof at.sqlstate === "string") return at.sqlstate;
    if ("code" in at && typeof at.code === "string" && /^[0-9A-Z]{5}$/.test(at.code)) return at.code;
  }
  return null;
}
