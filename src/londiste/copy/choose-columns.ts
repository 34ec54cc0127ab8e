// Which columns are copied, and in what form.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { readSide, type Side, type SideColumn } from "./side.ts";

export interface ChosenColumns {
  readonly names: readonly string[];
  readonly format: "binary" | "text";
  /** The source computes one of them, which COPY leaves out unless it is selected. */
  readonly needsSelect: boolean;
  /** Columns of one side only, which a log should name. */
  readonly onlySource: readonly string[];
  readonly onlyTarget: readonly string[];
}

/** Columns that both have and the target does not compute itself, in the source's order. @throws COPY_FAILED */
export function chooseColumns(source: Side, target: Side, wanted?: readonly string[]): ChosenColumns {
  const here = new Map(target.columns.map((column) => [column.name, column]));
  const there = new Set(source.columns.map(({ name }) => name));
  const missing = wanted?.find((name) => !here.has(name) || !there.has(name));
  if (missing !== undefined) throw new SkytoolsError("COPY_FAILED", `column ${missing} is not on both sides`);

  const chosen: { readonly from: SideColumn; readonly to: SideColumn }[] = [];
  for (const from of source.columns) {
    const to = here.get(from.name);
    if (to === undefined || to.isGenerated) continue;
    if (wanted === undefined || wanted.includes(from.name)) chosen.push({ from, to });
  }
  if (chosen.length === 0) throw new SkytoolsError("COPY_FAILED", "the tables of both sides have no column in common");
  const isBinary = chosen.every(({ from, to }) => from.isPortable && to.isPortable && from.type === to.type);
  return {
    names: chosen.map(({ from }) => from.name),
    format: isBinary ? "binary" : "text",
    needsSelect: chosen.some(({ from }) => from.isGenerated),
    onlySource: namesOnlyIn(source, target),
    onlyTarget: namesOnlyIn(target, source),
  };
}

function namesOnlyIn(side: Side, other: Side): readonly string[] {
  const known = new Set(other.columns.map(({ name }) => name));
  return side.columns.map(({ name }) => name).filter((name) => !known.has(name));
}

export interface TablePair {
  readonly source: Connection;
  readonly sourceTable: string;
  readonly target: Connection;
  readonly targetTable: string;
  readonly signal: AbortSignal;
}

/** Names of the columns that a copy takes. @throws COPY_FAILED */
export async function commonColumns({
  source,
  sourceTable,
  target,
  targetTable,
  signal,
}: TablePair): Promise<readonly string[]> {
  return chooseColumns(await readSide(source, sourceTable, signal), await readSide(target, targetTable, signal)).names;
}

/** Names of columns that only the source has. @throws COPY_FAILED when a table does not exist */
export async function columnsOfSourceOnly({
  source,
  sourceTable,
  target,
  targetTable,
  signal,
}: TablePair): Promise<readonly string[]> {
  const here = await readSide(target, targetTable, signal);
  return namesOnlyIn(await readSide(source, sourceTable, signal), here);
}
