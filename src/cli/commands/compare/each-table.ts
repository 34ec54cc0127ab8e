// What compare and repair of two databases have in common: sessions, the tables, progress, the printed result.
import { systemClock } from "../../../clock/index.ts";
import { exitStatus, SkytoolsError } from "../../../errors/index.ts";
import { type CompareOptions, findDatabaseTables, rowsDone, type TableComparison } from "../../../londiste/index.ts";
import { connect, type Connection } from "../../../postgres/index.ts";
import { type Column, formatTable } from "../../../print/index.ts";
import { progressDisplay } from "../../../programs/index.ts";
import { createLogger, type Logger } from "../../../service/index.ts";
import type { CommandContext } from "../../context.ts";

export interface TableResult {
  readonly table: string;
  readonly comparison: TableComparison | null;
  readonly isEqual: boolean;
  readonly text: string;
  /** For --json. */
  readonly json: Record<string, unknown>;
  /** Lines below the table. */
  readonly remarks: readonly string[];
}

export type TableOptions = CompareOptions & { readonly log: Logger };

/** @returns the exit status: 3 when a table differs or the target lacks it */
export async function eachTable(
  context: CommandContext,
  work: (options: TableOptions) => Promise<Omit<TableResult, "table">>,
): Promise<number> {
  const { options, env, signal, out } = context;
  const from = options.text("source");
  if (from === undefined) {
    throw new SkytoolsError("WRONG_USE", "--source is missing", {
      hint: "it names the database whose rows are right; --db the one that is held against it",
    });
  }
  const opener = (url: string) => () => connect(url, { env, applicationName: "skytools", signal, stopping: signal });
  const [openSource, openTarget] = [opener(from), opener(options.text("db") ?? "")];
  const { tables, missing } = await tablesOf(openSource, openTarget, context.rest);
  const log = createLogger({ level: "info", format: "text", write: (line) => context.stderr.write(line) });
  const results: TableResult[] = missing.map((table) => ({
    table,
    comparison: null,
    isEqual: false,
    text: "not in the target",
    json: { isMissing: true },
    remarks: [],
  }));
  const where = options.text("where") ?? null;
  const [columns, key] = [listOf(options.text("columns")), listOf(options.text("key"))];
  for (const table of tables) {
    signal.throwIfAborted();
    const isQuiet = out.isQuiet || out.isJson;
    const progress = progressDisplay({ title: table, screen: context, log, clock: systemClock, isQuiet });
    const result = await work({
      source: { open: openSource, table, where },
      target: { open: openTarget, table, where },
      clock: systemClock,
      log,
      signal,
      parallel: options.number("parallel") ?? 2,
      ...(columns.length === 0 ? {} : { columns }),
      ...(key.length === 0 ? {} : { key }),
      onProgress: (done) => {
        progress.update(rowsDone(done));
      },
    }).finally(() => {
      progress.stop();
    });
    results.push({ ...result, table });
  }
  results.sort((a, b) => (a.table < b.table ? -1 : 1));
  out.result(
    results.map(({ table, isEqual, json }) => ({ ...json, table, isEqual })),
    () => textOf(results, context),
  );
  return results.every(({ isEqual }) => isEqual) ? exitStatus.done : exitStatus.differencesFound;
}

async function tablesOf(
  openSource: () => Promise<Connection>,
  openTarget: () => Promise<Connection>,
  names: readonly string[],
) {
  await using source = await openSource();
  await using target = await openTarget();
  return await findDatabaseTables(source, target, names);
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

const count = (value: number | bigint | undefined): string => String(value ?? "-");

const columns: readonly Column<TableResult>[] = [
  { title: "table", value: ({ table }) => table, isFlexible: true },
  { title: "source", value: ({ comparison }) => count(comparison?.source.rows), align: "right" },
  { title: "target", value: ({ comparison }) => count(comparison?.target.rows), align: "right" },
  { title: "missing", value: ({ comparison }) => count(comparison?.inserts), align: "right" },
  { title: "different", value: ({ comparison }) => count(comparison?.updates), align: "right" },
  { title: "extra", value: ({ comparison }) => count(comparison?.deletes), align: "right" },
  { title: "result", value: ({ text, isEqual }) => ({ text, style: isEqual ? null : "red" }) },
];

function textOf(results: readonly TableResult[], { out }: CommandContext): string {
  const remarks = results.flatMap((result) => result.remarks.map((line) => `${line}\n`));
  const table = formatTable(columns, results, out.terminal, "no tables");
  return `${table.endsWith("\n") ? table : `${table}\n`}${remarks.join("")}`;
}
