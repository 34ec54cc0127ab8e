// What comparisons and repairs found, for people and for programs. The lines are those of the old program.
import type { Progress } from "../../print/index.ts";
import type { CompareProgress, RowDifference, SideTotals, TableComparison } from "../compare/index.ts";
import type { TableRepair } from "../repair/index.ts";

/** How a side's result is shown; `%(cnt)d` and `%(chksum)s` stand for number and checksum. */
const COUNT_FORMAT = "%(cnt)d rows";

export function comparisonText(found: TableComparison, format: string): string {
  const lines = [
    `Counting ${found.table}`,
    `srcdb: ${totalsText(found.source, format)}`,
    `dstdb: ${totalsText(found.target, format)}`,
    ...columnLines(found),
    ...inFlightLines(found),
  ];
  if (found.isEqual) return `${lines.join("\n")}\n`;
  const { inserts, updates, deletes } = found;
  lines.push(`${found.table}: Results do not match!`);
  if (isFull(found)) lines.push(`${found.table}: ${inserts} missing, ${updates} different, ${deletes} extra`);
  lines.push(...differenceLines(found));
  return `${lines.join("\n")}\n`;
}

/** What is to be said of a comparison beside its numbers. */
export function remarksOf(found: TableComparison): readonly string[] {
  return [...columnLines(found), ...inFlightLines(found), ...(found.isEqual ? [] : differenceLines(found))];
}

/** Rows were compared, not only counted. */
function isFull({ source }: TableComparison): boolean {
  return source.checksum !== null;
}

function inFlightLines({ table, inFlight, isResumed }: TableComparison): readonly string[] {
  return [
    ...(inFlight > 0 ? [`${table}: ${inFlight} rows were on their way, and are equal now`] : []),
    ...(isResumed ? [`${table}: a part of it was compared before a stop, as it was then`] : []),
  ];
}

function differenceLines(found: TableComparison): readonly string[] {
  const { table, undecided } = found;
  return [
    ...(undecided > 0 ? [`${table}: ${undecided} rows changed each time they were looked at`] : []),
    ...(isFull(found) && found.examples.length > 0 ? exampleLines(found) : []),
  ];
}

export function repairText(repair: TableRepair, isApplied: boolean): string {
  const { comparison, applied, remaining } = repair;
  const { table, source, target, inserts, updates, deletes } = comparison;
  const found = `src: ${source.rows} rows, dst: ${target.rows} rows, missed: ${inserts} inserts, ${updates} updates, ${deletes} deletes`;
  const done = `, applied: ${applied.inserts} inserts, ${applied.updates} updates, ${applied.deletes} deletes, ${remaining} rows still differ`;
  return `finished ${table}: ${found}${isApplied ? done : ""}\n`;
}

/** The estimate may be too low. */
export function rowsDone({ rows, estimatedRows }: CompareProgress): Progress {
  return { done: rows, total: estimatedRows > 0 ? Math.max(rows, estimatedRows) : null, unit: "rows" };
}

export function comparisonJson(found: TableComparison): Record<string, unknown> {
  const { table, isEqual, source, target, inserts, updates, deletes, undecided, inFlight, match, durationMs } = found;
  return {
    table,
    isEqual,
    source: totalsJson(source),
    target: totalsJson(target),
    inserts,
    updates,
    deletes,
    undecided,
    inFlight,
    key: match.key?.map(({ name }) => name) ?? null,
    onlySource: match.onlySource,
    onlyTarget: match.onlyTarget,
    examples: found.examples.map(({ kind, key }) => ({ kind, key })),
    durationMs: Math.round(durationMs),
    ...(found.isResumed ? { isResumed: true } : {}),
  };
}

export function repairJson({ comparison, applied, remaining }: TableRepair): Record<string, unknown> {
  return { ...comparisonJson(comparison), applied, remaining };
}

function totalsJson({ rows, checksum }: SideTotals): Record<string, unknown> {
  return { rows: Number(rows), checksum: checksum === null ? null : String(checksum) };
}

function totalsText({ rows, checksum }: SideTotals, format: string): string {
  const used = checksum === null ? COUNT_FORMAT : format;
  return used.replaceAll(/%\((cnt|chksum)\)[ds]/g, (_, name) => String(name === "cnt" ? rows : checksum));
}

function columnLines({ table, match }: TableComparison): readonly string[] {
  const ignored = [...match.onlySource, ...match.onlyTarget];
  return ignored.length === 0 ? [] : [`${table}: Ignoring some columns: ${ignored.join(", ")}`];
}

const WORDS: Readonly<Record<RowDifference["kind"], string>> = {
  insert: "missing",
  update: "different",
  delete: "extra",
};

function exampleLines({ table, match, examples }: TableComparison): readonly string[] {
  const names = match.key?.map(({ name }) => name);
  return examples.map(({ kind, key }) => {
    const text =
      names === undefined ? `hash=${key.join()}` : names.map((name, i) => `${name}=${key[i] ?? ""}`).join(", ");
    return `${table}:   ${WORDS[kind]}: ${text}`;
  });
}
