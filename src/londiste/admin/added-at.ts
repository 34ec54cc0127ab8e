// Where a queue was when this node took a table of it: a removal up to there is of before, and does not concern the table.
import { readNewestEvent } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { silentLogger } from "../../service/index.ts";
import { getTableList, lockTable, setTableAttributes } from "../sql-calls/index.ts";
import { formatAttributes } from "../tables/attributes.ts";
import { type MemberContext, openMember, openProvider } from "./member.ts";

export async function setAddedAt(db: Connection, queue: string, table: string, addedAt: bigint): Promise<void> {
  const added = await lockTable(db, queue, table);
  if (added === null) return;
  const attributes = formatAttributes({ ...added.attributes, addedAt });
  await setTableAttributes(db, silentLogger, queue, { table, attributes }); // its answer would tell of the table again
}

export interface FillingTable {
  readonly queue: string;
  /** Name in the set of that queue. */
  readonly table: string;
}

/** Those of all queues that fill a table of this node. */
export async function tablesFilling(db: Connection, dest: string): Promise<readonly FillingTable[]> {
  return await db.query<FillingTable & Record<string, string>>(
    `select queue_name as queue, table_name as "table" from londiste.table_info
      where local and coalesce(dest_table, table_name) = $1::text`,
    [dest],
  );
}

/** A table that a merge took along: the events of its queue may be behind, too. @throws NAME_UNKNOWN */
export async function joinMerged(context: MemberContext, { queue, table }: FillingTable): Promise<void> {
  const member = await openMember({ ...context, queue });
  const provider = await openProvider(member);
  if (provider === null) return;
  const addedAt = await readNewestEvent(provider, queue);
  if (!(await getTableList(provider, queue)).some(({ name }) => name === table)) {
    throw new SkytoolsError(
      "NAME_UNKNOWN",
      `table ${table} is not in queue ${queue} of node ${member.node.provider ?? ""}`,
      { hint: "add it there first, or take this queue's rows alone: --no-merge" },
    );
  }
  if (addedAt !== null) await setAddedAt(member.db, queue, table, addedAt);
}
