// Whether a script is to run on a node, and what its tags stand for there.
import { SkytoolsError } from "../../errors/index.ts";
import { quoteFqname, type Queryable } from "../../postgres/index.ts";
import { getSeqList, getTableList } from "../sql-calls/index.ts";
import { fullName } from "../tables/table-info.ts";
import type { ScriptAttributes, ScriptKey } from "./attributes.ts";

export interface ScriptDecision {
  readonly isWanted: boolean;
  /** What stands between two @ in the script -> the quoted name on this node. */
  readonly tags: ReadonlyMap<string, string>;
}

interface Tested {
  readonly text: string;
  readonly isMet: boolean;
  readonly tag: readonly [name: string, quoted: string] | null;
}

/**
 * A script without attributes runs everywhere; else where all of them hold. Where none holds it does not run.
 * @throws SCRIPT_MISMATCH when some hold and some do not
 */
export async function decideScript(
  db: Queryable,
  queue: string,
  attributes: ScriptAttributes,
): Promise<ScriptDecision> {
  if (attributes.size === 0) return { isWanted: true, tags: new Map() };
  const known = await readKnown(db, queue);
  const tested: Tested[] = [];
  for (const [key, values] of attributes) {
    for (const value of values) tested.push(await test(db, known, key, value));
  }
  const isMet = (wanted: boolean): readonly string[] =>
    tested.filter((one) => one.isMet === wanted).map(({ text }) => text);
  const [matches, misses] = [isMet(true), isMet(false)];
  if (matches.length > 0 && misses.length > 0) {
    throw new SkytoolsError(
      "SCRIPT_MISMATCH",
      `SQL only partially matches local setup: matches=${matches.join(",")} misses=${misses.join(",")}`,
      { hint: "make the missing ones, or have the script skipped on this node: skip-script" },
    );
  }
  return { isWanted: misses.length === 0, tags: new Map(tested.flatMap(({ tag }) => (tag === null ? [] : [tag]))) };
}

/** Puts the names of this node in place of @tags@. Any other @ stays. */
export function replaceTags(sql: string, tags: ReadonlyMap<string, string>): string {
  if (tags.size === 0) return sql;
  const names = [...tags.keys()].map((name) => name.replaceAll(/[^\w\s]/g, "\\$&"));
  return sql.replaceAll(new RegExp(`@(${names.join("|")})@`, "g"), (whole, name: string) => tags.get(name) ?? whole);
}

interface Known {
  /** Full name in the set -> name on this node. */
  readonly tables: ReadonlyMap<string, string>;
  readonly sequences: ReadonlySet<string>;
}

async function readKnown(db: Queryable, queue: string): Promise<Known> {
  const tables = (await getTableList(db, queue)).filter(({ isLocal }) => isLocal);
  const sequences = (await getSeqList(db, queue)).filter(({ isLocal }) => isLocal);
  return {
    tables: new Map(tables.map(({ name, dest }) => [name, dest])),
    sequences: new Set(sequences.map(({ name }) => name)),
  };
}

async function test(db: Queryable, known: Known, key: ScriptKey, value: string): Promise<Tested> {
  const full = fullName(value);
  const text = `${key}:${value}`;
  const dest = known.tables.get(full);
  switch (key) {
    case "local-table":
      return { text, isMet: dest !== undefined, tag: [value, quoteFqname(dest ?? full)] };
    case "local-destination": {
      const isMet = dest !== undefined && (await hasRelation(db, dest, ["r", "p", "f"]));
      return { text, isMet, tag: [value, quoteFqname(dest ?? full)] };
    }
    case "local-sequence":
      return { text, isMet: known.sequences.has(full), tag: [value, quoteFqname(full)] };
    case "need-table":
      return { text, isMet: await hasRelation(db, full, ["r", "p", "f"]), tag: null };
    case "need-sequence":
      return { text, isMet: await hasRelation(db, full, ["S"]), tag: null };
    case "need-view":
      return { text, isMet: await hasRelation(db, full, ["v", "m"]), tag: null };
    case "need-schema":
      return { text, isMet: await hasSchema(db, value), tag: null };
    case "need-function":
      return { text, isMet: await hasFunction(db, value), tag: null };
  }
}

async function hasRelation(db: Queryable, name: string, kinds: readonly string[]): Promise<boolean> {
  const found = await db.query(
    'select 1 from pg_catalog.pg_class where oid = pg_catalog.to_regclass($1::text) and relkind = any ($2::"char"[])',
    [quoteFqname(name), kinds],
  );
  return found.length > 0;
}

async function hasSchema(db: Queryable, name: string): Promise<boolean> {
  return (await db.query("select 1 from pg_catalog.pg_namespace where nspname = $1::text", [name])).length > 0;
}

/** `name(2)`: a function with two arguments; without a number none. */
async function hasFunction(db: Queryable, value: string): Promise<boolean> {
  const matched = /^([^(]+)(?:\(\s*(\d*)\s*\))?$/.exec(value);
  const [schema, name] = fullName((matched?.[1] ?? value).trim()).split(/\.(.*)/s);
  const found = await db.query(
    `select 1 from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname = $1::text and p.proname = $2::text and p.pronargs = $3::int4`,
    [schema, name, Number(matched?.[2] ?? 0)],
  );
  return found.length > 0;
}
