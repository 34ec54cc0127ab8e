// Where a table is copied from: the provider, the node that was asked for, or the first one upwards that has its rows.
import { getNodeInfo } from "../../cascade/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { HandlerRegistry } from "../handler/index.ts";
import { getTableList } from "../sql-calls/index.ts";
import type { TableInfo } from "../tables/table-info.ts";

export interface CopySource {
  readonly node: string;
  /** The table there; its name in that database is `dest`. */
  readonly table: TableInfo;
}

export interface SourceSearch {
  readonly queue: string;
  /** Node that the worker reads from. */
  readonly provider: string;
  readonly table: TableInfo;
  readonly handlers: HandlerRegistry;
  /** Opens a session; closed here. */
  readonly connect: (node: string) => Promise<Connection>;
}

/** A chain of providers is never so long; a ring would have no end. */
const MAX_STEPS = 64;

/** A text: why the copy cannot begin yet. */
export async function findCopySource(search: SourceSearch): Promise<CopySource | string> {
  const { copyNode } = search.table.attributes;
  let node: string | null = copyNode === null || copyNode === "?" ? search.provider : copyNode;
  let reason = "no node has the table";
  for (let step = 0; node !== null && step < MAX_STEPS; step += 1) {
    const found: Visit = await visit(search, node);
    if (found.source !== null) return found.source;
    reason = found.reason;
    if (copyNode !== "?" || found.isWorthWaiting) return reason;
    node = found.provider;
  }
  return reason;
}

interface Visit {
  readonly source: CopySource | null;
  readonly reason: string;
  /** It will have the rows. */
  readonly isWorthWaiting: boolean;
  readonly provider: string | null;
}

async function visit({ queue, table, handlers, connect }: SourceSearch, node: string): Promise<Visit> {
  const db = await connect(node);
  try {
    const rows = await getTableList(db, queue);
    const there = rows.find(({ name, isLocal }) => name === table.name && isLocal);
    const provider = (await getNodeInfo(db, queue))?.provider ?? null;
    const next = { source: null, provider: provider === node ? null : provider, isWorthWaiting: false };
    if (there === undefined) return { ...next, reason: `table ${table.name} is not available on node ${node}` };
    const { handler } = there.attributes;
    if (!handlers.open({ table: there.name, dest: there.dest, handler }).needsTable) {
      return { ...next, reason: `node ${node} does not keep the rows of ${table.name}` };
    }
    if (there.state.kind !== "ok") {
      return { ...next, isWorthWaiting: true, reason: `table ${table.name} is not in sync on node ${node} yet` };
    }
    return { ...next, source: { node, table: there }, reason: "" };
  } finally {
    await db.close();
  }
}
