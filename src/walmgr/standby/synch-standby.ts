// synchronous_standby_names with a guard: a name that nobody has would make every commit wait for ever.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";

/** The names in `a`, `FIRST 1 (a, b)`, `ANY 2 (a, "b c")`; `*` for any. */
export function standbyNames(setting: string): readonly string[] {
  const inner = /^\s*(?:(?:FIRST|ANY)\s+)?\d+\s*\((.*)\)\s*$/is.exec(setting)?.[1] ?? setting;
  return [...inner.matchAll(/"((?:[^"]|"")*)"|[^\s,]+/g)].map(([word, quoted]) =>
    quoted === undefined ? word : quoted.replaceAll('""', '"'),
  );
}

/** How many standbys a commit waits for. */
export function standbysNeeded(setting: string): number {
  return Number(/^\s*(?:(?:FIRST|ANY)\s+)?(\d+)\s*\(/i.exec(setting)?.[1] ?? 1);
}

/** @throws SAFETY_REFUSED when fewer of the names are connected than a commit would wait for */
export async function requireConnected(db: Connection, setting: string): Promise<void> {
  if (setting.trim() === "") return;
  const rows = await db.query<{ name: string }>(
    "select distinct application_name as name from pg_catalog.pg_stat_replication where state in ('streaming', 'catchup')",
  );
  const wanted = standbyNames(setting).map((name) => name.toLowerCase());
  const connected = rows.filter(({ name }) => wanted.includes("*") || wanted.includes(name.toLowerCase()));
  const needed = standbysNeeded(setting);
  if (connected.length >= needed) return;
  throw new SkytoolsError(
    "SAFETY_REFUSED",
    `${connected.length} of the standbys in "${setting}" are connected, commits would wait for ${needed}`,
    { hint: `connected are: ${rows.map(({ name }) => name).join(", ") || "none"}` },
  );
}
