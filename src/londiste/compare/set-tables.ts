// Which tables of a node can be compared, and with which node: the nearest one upwards that has the rows.
import { getNodeInfo } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { HandlerRegistry, TableHandler } from "../handler/index.ts";
import { getTableList } from "../sql-calls/index.ts";
import { globPattern } from "../tables/glob.ts";
import { fullName, type TableInfo } from "../tables/table-info.ts";

export interface SetSearch {
  readonly queue: string;
  /** The node's own database. */
  readonly local: Connection;
  /** A session at another node; it is kept by whoever gives it. */
  readonly connectTo: (location: string) => Promise<Connection>;
  readonly handlers: HandlerRegistry;
  /** Names with or without schema, globs of * and ?; none: all tables. */
  readonly names: readonly string[];
}

/** A table with both its ends. Names are "schema.table". */
export interface SetTable {
  /** In the set. */
  readonly name: string;
  readonly source: { readonly node: string; readonly location: string; readonly table: string };
  /** On the own node. */
  readonly table: string;
  /** Of the handler; rows that do not meet it are not expected here. */
  readonly where: string | null;
}

export interface SkippedTable {
  readonly name: string;
  readonly reason: string;
  /** It was named, not found by a pattern. */
  readonly isNamed: boolean;
}

export interface FoundTables {
  readonly tables: readonly SetTable[];
  readonly skipped: readonly SkippedTable[];
}

/** @throws WRONG_USE on a root, which has nothing to be compared with, or when this is no node of the queue */
export async function findSetTables(search: SetSearch): Promise<FoundTables> {
  const { local, queue, names } = search;
  const upwards = await nodesAbove(search);
  const tables: SetTable[] = [];
  const skipped: SkippedTable[] = [];
  for (const { name, info, isNamed } of chosen(await getTableList(local, queue), names)) {
    const found = info === null ? "not in the set" : await sidesOf(info, search, upwards);
    if (typeof found === "string") {
      // What was not asked for and is not here is no news.
      if (isNamed || info?.isLocal === true) skipped.push({ name, reason: found, isNamed });
    } else tables.push(found);
  }
  return { tables, skipped };
}

interface Choice {
  readonly name: string;
  readonly info: TableInfo | null;
  readonly isNamed: boolean;
}

function chosen(all: readonly TableInfo[], names: readonly string[]): readonly Choice[] {
  if (names.length === 0) return all.map((info) => ({ name: info.name, info, isNamed: false }));
  const found = new Map<string, Choice>();
  for (const name of names.map(fullName)) {
    if (/[*?]/.test(name)) {
      const pattern = globPattern(name);
      for (const info of all) {
        if (pattern.test(info.name) && !found.has(info.name))
          found.set(info.name, { name: info.name, info, isNamed: false });
      }
    } else found.set(name, { name, info: all.find((info) => info.name === name) ?? null, isNamed: true });
  }
  return [...found.values()];
}

interface UpperNode {
  readonly name: string;
  readonly location: string;
  readonly db: Connection;
  readonly tables: ReadonlyMap<string, TableInfo>;
}

/** The provider, its provider, and so on to the root. */
async function nodesAbove({ local, queue, connectTo }: SetSearch): Promise<readonly UpperNode[]> {
  const own = await getNodeInfo(local, queue);
  if (own === null) throw new SkytoolsError("WRONG_USE", `${local.facts.database} is no node of queue ${queue}`);
  if (own.type === "root") {
    throw new SkytoolsError("WRONG_USE", `node ${own.name} is root: there is nothing above it to compare with`, {
      hint: "run it with the configuration of a branch or leaf",
    });
  }
  const nodes: UpperNode[] = [];
  const seen = new Set([own.name]);
  let location = own.providerLocation;
  while (location !== null) {
    const db = await connectTo(location);
    const info = await getNodeInfo(db, queue);
    if (info === null || seen.has(info.name)) break;
    seen.add(info.name);
    const tables = new Map((await getTableList(db, queue)).map((table) => [table.name, table]));
    nodes.push({ name: info.name, location, db, tables });
    location = info.type === "root" ? null : info.providerLocation;
  }
  return nodes;
}

/** The reason when it cannot be compared. */
async function sidesOf(info: TableInfo, search: SetSearch, upwards: readonly UpperNode[]): Promise<SetTable | string> {
  if (!info.isLocal) return "not subscribed on this node";
  if (info.state.kind !== "ok") return `not in sync: ${info.state.kind}`;
  const handler = open(info, search);
  if (!handler.needsTable) return "its handler stores no rows here";
  for (const { name, location, db, tables } of upwards) {
    const theirs = tables.get(info.name);
    if (theirs === undefined || !theirs.isLocal || theirs.state.kind !== "ok") continue;
    if (!open(theirs, search).needsTable) continue;
    const where = await handler.copyCondition({ source: db, target: search.local });
    return { name: info.name, source: { node: name, location, table: theirs.dest }, table: info.dest, where };
  }
  return "no node above has its rows";
}

function open({ name, dest, attributes }: TableInfo, { handlers }: SetSearch): TableHandler {
  return handlers.open({ table: name, dest, handler: attributes.handler });
}
