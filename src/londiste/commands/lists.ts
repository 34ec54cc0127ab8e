// tables, seqs, missing: what the node has and what it could have.
import { formatTable } from "../../print/index.ts";
import { programCommand } from "../../programs/index.ts";
import { defineOption } from "../../service/index.ts";
import { missingObjects } from "../admin/missing.ts";
import { getSeqList, getTableList } from "../sql-calls/index.ts";
import { formatAttributes } from "../tables/attributes.ts";
import { formatHandlerText } from "../tables/handler-text.ts";
import { formatMergeState } from "../tables/merge-state.ts";
import type { TableInfo } from "../tables/table-info.ts";
import { memberOf } from "./context.ts";
import { memberKeys } from "./keys.ts";

const namesOnly = defineOption({
  name: "names_only",
  type: "bool",
  default: false,
  programs: ["londiste"],
  flagOnly: true,
  doc: "print the names alone, one a line",
});

export const tablesCommand = programCommand({
  name: "tables",
  summary: "list the tables of this node with their states",
  keys: memberKeys,
  flags: { namesOnly },
  isWatchable: true,
  async run(context) {
    const { options, out } = context;
    const { db, context: set } = await memberOf(context);
    const tables = (await getTableList(db, set.queue))
      .filter(({ isLocal }) => isLocal)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (options.namesOnly) {
      out.result(
        tables.map(({ name }) => name),
        tables.map(({ name }) => `${name}\n`).join(""),
      );
      return undefined;
    }
    out.result(tables.map(tableJson), () =>
      tables.length === 0
        ? ""
        : `Tables on node\n${formatTable(
            [
              { title: "table_name", value: ({ name, dest }) => (dest === name ? name : `${name}(${dest})`) },
              { title: "merge_state", value: ({ state }) => formatMergeState(state) },
              { title: "table_attrs", value: attributesText },
            ],
            tables,
            out.terminal,
          )}`,
    );
    return undefined;
  },
});

export const seqsCommand = programCommand({
  name: "seqs",
  summary: "list the sequences of the set",
  keys: memberKeys,
  async run(context) {
    const { out } = context;
    const { db, context: set } = await memberOf(context);
    const sequences = await getSeqList(db, set.queue);
    out.result(sequences, () =>
      sequences.length === 0
        ? ""
        : `Sequences on node\n${formatTable(
            [
              { title: "seq_name", value: ({ name }) => name },
              { title: "local", value: ({ isLocal }) => (isLocal ? "yes" : "no") },
              { title: "last_value", value: ({ published }) => published, align: "right" },
            ],
            sequences,
            out.terminal,
          )}`,
    );
    return undefined;
  },
});

export const missingCommand = programCommand({
  name: "missing",
  summary: "list the tables and sequences that could be added on this node",
  keys: memberKeys,
  async run(context) {
    const { out } = context;
    const missing = await missingObjects(await memberOf(context));
    const rows = [
      ...missing.sequences.map((name) => ({ kind: "S", name })),
      ...missing.tables.map((name) => ({ kind: "r", name })),
    ];
    out.result(missing, () =>
      rows.length === 0
        ? ""
        : `Missing objects on node\n${formatTable(
            [
              { title: "obj_kind", value: ({ kind }) => kind },
              { title: "obj_name", value: ({ name }) => name },
            ],
            rows,
            out.terminal,
          )}`,
    );
    return undefined;
  },
});

function tableJson(table: TableInfo): object {
  const { name, dest, state, snapshot, attributes } = table;
  return {
    ...{ name, dest, snapshot },
    state: formatMergeState(state),
    attributes: formatAttributes(attributes),
    handler: attributes.handler === null ? null : formatHandlerText(attributes.handler),
  };
}

function attributesText({ attributes }: TableInfo): string | null {
  const { handler, isTruncateSkipped, copyNode, maxParallelCopy, others } = attributes;
  const pairs = [
    ...(handler === null ? [] : [`handler: ${formatHandlerText(handler)}`]),
    ...(isTruncateSkipped ? ["skip_truncate"] : []),
    ...(copyNode === null ? [] : [`copy_node: ${copyNode}`]),
    ...(maxParallelCopy === null ? [] : [`max_parallel_copy: ${maxParallelCopy}`]),
    ...[...others].map(([key, value]) => (value === null ? key : `${key}: ${value}`)),
  ];
  return pairs.length === 0 ? null : pairs.join(", ");
}
