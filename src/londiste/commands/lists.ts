// tables, seqs, missing: what the node has and what it could have.
import { decodeRow } from "../../pgq/row-format/index.ts";
import { formatOldTable } from "../../print/index.ts";
import { programCommand } from "../../programs/index.ts";
import { defineOption } from "../../service/index.ts";
import { missingObjects } from "../admin/missing.ts";
import { getSeqList, getTableList, readCopyProgress, type ToldProgress } from "../sql-calls/index.ts";
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
  examples: [
    { line: "conf.ini tables --names-only", doc: "for a loop in a shell" },
    { line: "conf.ini tables --watch", doc: "keeps looking" },
  ],
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
    const copies = await readCopyProgress(db, set.queue);
    out.result(
      tables.map((table) => tableJson(table, copies)),
      () =>
        formatOldTable(
          "Tables on node",
          [
            { title: "table_name", value: ({ name }) => name },
            { title: "merge_state", value: ({ state }) => formatMergeState(state) },
            { title: "table_attrs", value: attributesText },
          ],
          tables,
        ),
    );
    return undefined;
  },
});

export const seqsCommand = programCommand({
  name: "seqs",
  summary: "list the sequences of the set",
  keys: memberKeys,
  examples: [{ line: "conf.ini seqs --json", doc: "for programs" }],
  async run(context) {
    const { out } = context;
    const { db, context: set } = await memberOf(context);
    const sequences = await getSeqList(db, set.queue);
    out.result(sequences, () =>
      formatOldTable(
        "Sequences on node",
        [
          { title: "seq_name", value: ({ name }) => name },
          { title: "local", value: ({ isLocal }) => isLocal },
          { title: "last_value", value: ({ published }) => published },
        ],
        sequences,
      ),
    );
    return undefined;
  },
});

export const missingCommand = programCommand({
  name: "missing",
  summary: "list the tables and sequences that could be added on this node",
  keys: memberKeys,
  examples: [{ line: "root.ini missing", doc: "tables and sequences of the database that are not part of the set" }],
  async run(context) {
    const { out } = context;
    const missing = await missingObjects(await memberOf(context));
    const rows = [
      ...missing.sequences.map((name) => ({ kind: "S", name })),
      ...missing.tables.map((name) => ({ kind: "r", name })),
    ];
    out.result(missing, () =>
      formatOldTable(
        "Missing objects on node",
        [
          { title: "obj_kind", value: ({ kind }) => kind },
          { title: "obj_name", value: ({ name }) => name },
        ],
        rows,
      ),
    );
    return undefined;
  },
});

function tableJson(table: TableInfo, copies: readonly ToldProgress[]): object {
  const { name, dest, state, snapshot, attributes } = table;
  return {
    ...{ name, dest, snapshot },
    state: formatMergeState(state),
    attributes: formatAttributes(attributes),
    handler: attributes.handler === null ? null : formatHandlerText(attributes.handler),
    copy: copies.find((copy) => copy.table === name) ?? null,
  };
}

/** A dictionary, as the old program shows it, empty without attributes; what is of no use to a person is left out. */
function attributesText({ name, dest, attributes }: TableInfo): string {
  const text = formatAttributes({ ...attributes, addedAt: null });
  const pairs = [...decodeRow(text ?? ""), ...(dest === name ? [] : [["dest_table", dest] as const])];
  return pairs.length === 0 ? "" : `{${pairs.map(([key, value]) => `${quoted(key)}: ${quoted(value)}`).join(", ")}}`;
}

function quoted(text: string | null): string {
  if (text === null) return "None";
  const escaped = text.replaceAll("\\", "\\\\");
  return text.includes("'") && !text.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}
