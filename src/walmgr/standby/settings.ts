// Settings of a server by ALTER SYSTEM: what would change, changing it, and what needs a restart.
import { type Connection, PostgresError, quoteIdent, quoteLiteral, sqlstate } from "../../postgres/index.ts";

export interface SettingChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** A reload is not enough. */
  readonly needsRestart: boolean;
}

/** Values that do what is wanted and more. A server with a logical slot does not start with less than `logical`. */
const MORE: Readonly<Record<string, { readonly than: string; readonly is: readonly string[] }>> = {
  wal_level: { than: "replica", is: ["logical"] },
  archive_mode: { than: "on", is: ["always"] },
};

/** Only what differs and is no more than what is wanted. A setting that the server does not know is left out. */
export async function planSettings(
  db: Connection,
  wanted: Readonly<Record<string, string>>,
): Promise<readonly SettingChange[]> {
  const rows = await db.query<{ name: string; setting: string; context: string }>(
    "select name, setting, context from pg_catalog.pg_settings where name = any($1)",
    [Object.keys(wanted)],
  );
  const inFiles = await settingsInFiles(db, Object.keys(wanted));
  return rows.flatMap(({ name, setting, context }) => {
    const least = wanted[name] ?? setting;
    const waiting = inFiles.get(name);
    // The next reload, whoever asks for it, brings what is in the files.
    const isLater = context !== "postmaster" && waiting !== undefined && waiting !== setting && waiting !== least;
    const isInForce = least === setting || isMore(name, setting, least);
    if (isInForce && !isLater) return [];
    // What waits for a restart is not taken back.
    const to = waiting !== undefined && isMore(name, waiting, least) ? waiting : least;
    return [{ name, from: isInForce && isLater ? waiting : setting, to, needsRestart: context === "postmaster" }];
  });
}

/** Of the files of the server, whether they are in force or wait for a restart. Empty when the role may not read that. */
export async function settingsInFiles(db: Connection, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  try {
    const rows = await db.query<{ name: string; setting: string }>(
      "select name, setting from pg_catalog.pg_file_settings where name = any($1) and setting is not null order by seqno",
      [names],
    );
    return new Map(rows.map(({ name, setting }) => [name, setting]));
  } catch (error) {
    if (error instanceof PostgresError && error.sqlstate === sqlstate.insufficientPrivilege) return new Map();
    throw error;
  }
}

function isMore(name: string, value: string, wanted: string): boolean {
  const more = MORE[name];
  return more?.than === wanted && more.is.includes(value);
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
