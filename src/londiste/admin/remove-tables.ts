// remove-table: this node's part in the replication ends; on the root the table leaves the set.
import { getTableList, localRemoveTable } from "../sql-calls/index.ts";
import type { TableWords } from "./add-tables.ts";
import { chooseNames } from "./choose.ts";
import { changeTable, type Member } from "./member.ts";

/** @returns their names. @throws NAME_UNKNOWN, NODE_REFUSED */
export async function removeTables(member: Member, names: TableWords): Promise<readonly string[]> {
  const { context, db, node } = member;
  const list = await getTableList(db, context.queue);
  const isHere = ({ isLocal }: { readonly isLocal: boolean }): boolean => isLocal || node.type === "root";
  const chosen = chooseNames(context.log, {
    kind: "local table",
    ...names,
    candidates: list.filter(isHere).map(({ name }) => name),
    done: list.filter((table) => !isHere(table)).map(({ name }) => name),
  });
  for (const table of chosen) {
    context.signal.throwIfAborted();
    await changeTable(member, () => localRemoveTable(db, context.log, context.queue, table));
  }
  return chosen;
}
