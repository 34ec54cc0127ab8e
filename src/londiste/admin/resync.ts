// resync: tables are copied anew.
import { SkytoolsError } from "../../errors/index.ts";
import { SKIP_EVENT } from "../conflicts/index.ts";
import { getTableList, lockTable, setTableAttributes, setTableState } from "../sql-calls/index.ts";
import { formatAttributes } from "../tables/attributes.ts";
import { QUARANTINE } from "../worker/quarantine.ts";
import type { TableWords } from "./add-tables.ts";
import { chooseNames } from "./choose.ts";
import { openCopySource } from "./copy-source.ts";
import type { Member } from "./member.ts";

/** @returns the names. @throws SET_REFUSED on the root, NAME_UNKNOWN */
export async function resyncTables(
  member: Member,
  names: TableWords,
  copyNode: string | null,
): Promise<readonly string[]> {
  const { context, db, node } = member;
  const { queue, log } = context;
  if (node.type === "root") {
    throw new SkytoolsError("SET_REFUSED", "the root has nobody to copy tables from", {
      hint: "give resync on the node whose tables are to be copied",
    });
  }
  const list = (await getTableList(db, queue)).filter(({ isLocal }) => isLocal);
  const chosen = chooseNames(log, {
    kind: "local table",
    ...names,
    isForced: false,
    candidates: list.map(({ name }) => name),
    done: [],
  });
  if (chosen.length === 0) return [];
  const source = await openCopySource(member, copyNode, chosen);
  const theirs = source === null ? [] : await getTableList(source.db, queue);
  const lacking = chosen.filter((name) => !theirs.some((table) => table.name === name && table.isLocal));
  if (lacking.length > 0) {
    throw new SkytoolsError("NAME_UNKNOWN", `node ${source?.name ?? ""} does not have ${lacking.join(", ")}`, {
      hint: "take another source: --copy-node, --find-copy-node",
    });
  }
  for (const { name } of list.filter((table) => chosen.includes(table.name))) {
    await db.transaction(async () => {
      const table = await lockTable(db, queue, name);
      if (table === null) throw new SkytoolsError("NAME_UNKNOWN", `table ${name} has left this node meanwhile`);
      const attributes = formatAttributes({
        ...table.attributes,
        copyNode: copyNode ?? table.attributes.copyNode,
        // A copy mends what a conflict has left behind.
        others: new Map([...table.attributes.others].filter(([key]) => key !== QUARANTINE && key !== SKIP_EVENT)),
      });
      if (attributes !== formatAttributes(table.attributes)) {
        await setTableAttributes(db, log, queue, { table: name, attributes });
      }
      await setTableState(db, log, queue, { table: name, state: { kind: "none" }, snapshot: null });
    });
  }
  return chosen;
}
