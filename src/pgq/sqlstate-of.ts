// The SQLSTATE in an error of any driver: on the error itself (pg, postgres.js, Knex, Kysely, ours) or below it.

/** Where wrappers keep the server's error: Drizzle, ours, Prisma, Prisma with driver adapters. */
const BELOW = ["cause", "details", "meta", "driverAdapterError"] as const;
const PLACES = ["sqlstate", "code", "originalCode"] as const;
const DEEPEST = 6;

/** Five characters; null when the error did not come from the server. */
export function sqlstateOf(error: unknown, depth = 0): string | null {
  if (typeof error !== "object" || error === null || depth > DEEPEST) return null;
  const fields = error as Readonly<Record<string, unknown>>;
  for (const place of PLACES) {
    const value = fields[place];
    if (isSqlstate(value)) return value;
  }
  for (const place of BELOW) {
    const found = sqlstateOf(fields[place], depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/** Prisma's own codes (P2010) and Node's (EPIPE) can look alike; no class of SQLSTATEs begins so, but P0. */
function isSqlstate(value: unknown): value is string {
  return typeof value === "string" && /^[0-9A-Z]{5}$/.test(value) && !/^P[1-9]|^E/.test(value);
}
