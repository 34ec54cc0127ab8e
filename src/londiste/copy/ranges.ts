// Cuts a table into ranges of blocks that are copied one by one, several at a time.
import { quoteFqname, quoteIdent } from "../../postgres/index.ts";
import type { ChosenColumns } from "./choose-columns.ts";
import type { SidePart } from "./side.ts";

export interface CopyRange {
  /** From 0, unique in a copy. */
  readonly nr: number;
  /** Table or partition on the source. */
  readonly part: string;
  /** First block; null: no condition. */
  readonly fromBlock: number | null;
  /** Block after the last; null: to the end. */
  readonly toBlock: number | null;
  /** Size on the source, with what is stored out of line. */
  readonly sizeBytes: number;
}

/** Below this a range is not worth its transaction. */
const SMALLEST_BYTES = 16 * 1024 * 1024;
/** Above this too much is done again when one fails. */
const LARGEST_BYTES = 1024 * 1024 * 1024;
/** So many for each connection, that the last ones end at about the same time. */
const RANGES_A_CONNECTION = 4;

export function cutRanges(parts: readonly SidePart[], connections: number): CopyRange[] {
  const total = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const wanted = total / (connections * RANGES_A_CONNECTION);
  const sizeBytes = Math.min(LARGEST_BYTES, Math.max(SMALLEST_BYTES, wanted));
  const ranges: CopyRange[] = [];
  for (const part of parts) {
    const pieces = part.hasBlocks ? Math.max(1, Math.min(part.blocks, Math.floor(part.sizeBytes / sizeBytes))) : 1;
    for (let i = 0; i < pieces; i += 1) {
      ranges.push({
        nr: ranges.length,
        part: part.name,
        fromBlock: i === 0 ? null : Math.floor((part.blocks * i) / pieces),
        toBlock: i === pieces - 1 ? null : Math.floor((part.blocks * (i + 1)) / pieces),
        sizeBytes: part.sizeBytes / pieces,
      });
    }
  }
  return ranges;
}

export interface RangeStatements {
  readonly from: string;
  readonly into: string;
}

/** `condition` is SQL over the source's columns. */
export function rangeStatements(
  range: CopyRange,
  { names, format, needsSelect }: ChosenColumns,
  { targetTable, condition }: { readonly targetTable: string; readonly condition: string | null },
): RangeStatements {
  const columns = names.map(quoteIdent).join(", ");
  const part = quoteFqname(range.part);
  const conditions = [
    ...(range.fromBlock === null ? [] : [`ctid >= '(${range.fromBlock},0)'::tid`]),
    ...(range.toBlock === null ? [] : [`ctid < '(${range.toBlock},0)'::tid`]),
    ...(condition === null ? [] : [`(${condition})`]),
  ];
  const where = conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
  const rows = where === "" && !needsSelect ? `${part} (${columns})` : `(select ${columns} from only ${part}${where})`;
  return {
    from: `copy ${rows} to stdout (format ${format})`,
    into: `copy ${quoteFqname(targetTable)} (${columns}) from stdin (format ${format})`,
  };
}
