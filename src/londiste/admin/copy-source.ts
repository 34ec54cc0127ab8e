// Which node a table can be copied from.
import { getNodeInfo, getQueueLocations } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { getTableList } from "../sql-calls/index.ts";
import { type Member, openProvider } from "./member.ts";

export interface CopySource {
  readonly name: string;
  readonly db: Connection;
}

/**
 * The provider, or the node that was named; with "?" the nearest one above that has all tables. null on the root.
 * @throws NODE_UNKNOWN, NAME_UNKNOWN when no node above has all tables
 */
export async function openCopySource(
  member: Member,
  copyNode: string | null,
  tables: readonly string[],
): Promise<CopySource | null> {
  const provider = await openProvider(member);
  if (provider === null) return null;
  if (copyNode === "?") return await findSource(member, provider, tables);
  if (copyNode === null) return { name: member.node.provider ?? "", db: provider };
  return await openNamed(member, copyNode);
}

async function openNamed({ context, db, node }: Member, name: string): Promise<CopySource> {
  const members = await getQueueLocations(db, context.queue);
  const found = members.find((one) => one.name === name);
  if (found === undefined || name === node.name) {
    throw new SkytoolsError(
      "NODE_UNKNOWN",
      `--copy-node: ${name} is ${found === undefined ? "no node of the set" : "this node"}`,
      {
        hint: `known: ${members.map((one) => one.name).join(", ")}`,
      },
    );
  }
  return { name, db: await context.connections.at(found.location) };
}

async function findSource(member: Member, provider: Connection, tables: readonly string[]): Promise<CopySource> {
  const { context } = member;
  const seen = new Set<string>();
  for (let db = provider; ;) {
    const info = await getNodeInfo(db, context.queue);
    if (info === null || seen.has(info.name)) break;
    seen.add(info.name);
    if (await hasTables(member, db, tables)) return { name: info.name, db };
    if (info.type === "root" || info.providerLocation === null) break;
    db = await context.connections.at(info.providerLocation);
  }
  throw new SkytoolsError("NAME_UNKNOWN", `no node above has all of ${tables.join(", ")}`, {
    hint: "add the tables there first",
  });
}

/** Whether all tables are local there, and their handlers keep the rows. */
async function hasTables({ context }: Member, db: Connection, tables: readonly string[]): Promise<boolean> {
  const list = await getTableList(db, context.queue);
  return tables.every((name) => {
    const found = list.find((table) => table.name === name);
    if (found?.isLocal !== true) return false;
    const { attributes, dest } = found;
    return context.handlers.open({ table: name, dest, handler: attributes.handler }).needsTable;
  });
}
