// check and fkeys: whether replication can work, and which foreign keys are away.
import { exitStatus } from "../../errors/index.ts";
import { formatTable } from "../../print/index.ts";
import { programCommand } from "../../programs/index.ts";
import { chooseNames } from "../admin/choose.ts";
import { checkTables, readPendingKeys } from "../check/index.ts";
import { getTableList } from "../sql-calls/index.ts";
import { memberOf } from "./context.ts";
import { memberKeys, tableWords } from "./keys.ts";

export const checkCommand = programCommand({
  name: "check",
  summary: "compare the structure, keys, triggers and rights of the tables with what replication needs",
  args: [tableWords],
  keys: memberKeys,
  examples: [{ line: "leaf.ini check", doc: "exit status 3 when something will not work" }],
  async run(context) {
    const { args, out, service } = context;
    const member = await memberOf(context);
    const local = (await getTableList(member.db, member.context.queue)).filter(({ isLocal }) => isLocal);
    const words = { words: args, isAll: true, isForced: false, done: [] };
    const names = chooseNames(service.log, {
      kind: "local table",
      ...words,
      candidates: local.map(({ name }) => name),
    });
    const report = await checkTables(member, names);
    const { tables, findings } = report;
    out.result(report, () =>
      [
        ...findings.map(
          ({ table, level, text, hint }) =>
            `${level}: ${table === null ? "" : `${table}: `}${text}${hint === undefined ? "" : `\n    ${hint}`}\n`,
        ),
        `${tables.length} table(s) checked, ${findings.length === 0 ? "nothing found" : `${findings.length} finding(s)`}\n`,
      ].join(""),
    );
    return findings.some(({ level }) => level === "error") ? exitStatus.differencesFound : exitStatus.done;
  },
});

export const fkeysCommand = programCommand({
  name: "fkeys",
  summary: "list the foreign keys that copies took away, and what they wait for",
  keys: memberKeys,
  examples: [{ line: "leaf.ini fkeys", doc: "none is away when all tables are in sync" }],
  async run(context) {
    const { out } = context;
    const keys = await readPendingKeys(await memberOf(context));
    out.result(keys, () =>
      formatTable(
        [
          { title: "from_table", value: ({ fromTable }) => fromTable },
          { title: "to_table", value: ({ toTable }) => toTable },
          { title: "fkey_name", value: ({ name }) => name },
          { title: "state", value: ({ reason }) => reason, isFlexible: true },
        ],
        keys,
        out.terminal,
        "no foreign key is away",
      ),
    );
    return undefined;
  },
});
