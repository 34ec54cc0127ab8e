// Settings of a server by ALTER SYSTEM: what would change, changing it, and what needs a restart.
import { type Connection, quoteIdent, quoteLiteral } from "../../postgres/index.ts";

export interface SettingChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** A reload is not enough. */
  readonly needsRestart: boolean;
}

/** Only what differs. A setting that the server does not know is left out. */
export async function planSettings(
  db: Connection,
  wanted: Readonly<Record<string, string>>,
): Promise<readonly SettingChange[]> {
  const rows = await db.query<{ name: string; setting: string; context: string }>(
    "select name, setting, context from pg_catalog.pg_settings where name = any($1)",
    [Object.keys(wanted)],
  );
  return rows.flatMap(({ name, setting, context }) => {
    const to = wanted[name] ?? setting;
    return to === setting ? [] : [{ name, from: setting, to, needsRestart: context === "postmaster" }];
  });
}

/** Returns the names of settings that wait for a restart. */
export async function applySettings(db: Connection, changes: readonly SettingChange[]): Promise<readonly string[]> {
  for (const { name, to } of changes) await db.execute(`alter system set ${quoteIdent(name)} = ${quoteLiteral(to)}`);
  if (changes.length > 0) await db.execute("select pg_catalog.pg_reload_conf()");
  return changes.filter(({ needsRestart }) => needsRestart).map(({ name }) => name);
}

export function describeChange({ name, from, to, needsRestart }: SettingChange): string {
  return `${name}: '${from}' -> '${to}'${needsRestart ? " (after a restart)" : ""}`;
}
