// Cuts a table into ranges of blocks that are copied one by one, several at a time.
import { quoteFqname, quoteIdent } from "../../postgres/index.ts";
import type { ChosenColumns } from "./choose-columns.ts";
import type { SidePart } from "./side.ts";

/** Blocks of a table, or of a partition of it, on the source. */
export interface BlockSpan {
  readonly part: string;
  /** First block; null: no condition. */
  readonly fromBlock: number | null;
  /** Block after the last; null: to the end. */
  readonly toBlock: number | null;
}

export interface CopyRange extends BlockSpan {
  /** From 0, unique in a copy. */
  readonly nr: number;
  /** Size on the source, with what is stored out of line. */
  readonly sizeBytes: number;
}

/** Below this a range is not worth its transaction. */
const SMALLEST_BYTES = 16 * 1024 * 1024;
/** Above this too much is done again when one fails. */
const LARGEST_BYTES = 1024 * 1024 * 1024;
/** So many for each connection, that the last ones end at about the same time. */
const RANGES_A_CONNECTION = 4;

/** Without those that are `stored` already. */
export function cutRanges(
  parts: readonly SidePart[],
  connections: number,
  stored: readonly BlockSpan[] = [],
): CopyRange[] {
  const total = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const wanted = total / (connections * RANGES_A_CONNECTION);
  const rangeBytes = Math.min(LARGEST_BYTES, Math.max(SMALLEST_BYTES, wanted));
  const ranges: CopyRange[] = [];
  for (const part of parts) {
    const spans = gapsBetween(
      part.name,
      stored.filter((span) => span.part === part.name),
    );
    for (const span of spans) ranges.push(...cutSpan(part, span, { rangeBytes, firstNr: ranges.length }));
  }
  return ranges;
}

/** What of the part is in none of the spans. */
function gapsBetween(part: string, stored: readonly BlockSpan[]): BlockSpan[] {
  const gaps: BlockSpan[] = [];
  let at: number | null = null;
  for (const { fromBlock, toBlock } of stored.toSorted((a, b) => (a.fromBlock ?? 0) - (b.fromBlock ?? 0))) {
    if ((fromBlock ?? 0) > (at ?? 0)) gaps.push({ part, fromBlock: at, toBlock: fromBlock });
    if (toBlock === null) return gaps;
    at = Math.max(at ?? 0, toBlock);
  }
  return [...gaps, { part, fromBlock: at, toBlock: null }];
}

function cutSpan(
  part: SidePart,
  { fromBlock, toBlock }: BlockSpan,
  { rangeBytes, firstNr }: { readonly rangeBytes: number; readonly firstNr: number },
): CopyRange[] {
  const first = fromBlock ?? 0;
  const blocks = Math.max(0, Math.min(toBlock ?? part.blocks, part.blocks) - first);
  const bytes = sizeOf(part, { part: part.name, fromBlock, toBlock });
  const pieces = part.hasBlocks ? Math.max(1, Math.min(blocks, Math.floor(bytes / rangeBytes))) : 1;
  return Array.from({ length: pieces }, (_, i) => ({
    nr: firstNr + i,
    part: part.name,
    fromBlock: i === 0 ? fromBlock : first + Math.floor((blocks * i) / pieces),
    toBlock: i === pieces - 1 ? toBlock : first + Math.floor((blocks * (i + 1)) / pieces),
    sizeBytes: bytes / pieces,
  }));
}

/** The share of the part's bytes that these blocks have, as large as it is now. */
export function sizeOf(part: SidePart, { fromBlock, toBlock }: BlockSpan): number {
  if (part.blocks === 0) return part.sizeBytes;
  const blocks = Math.max(0, Math.min(toBlock ?? part.blocks, part.blocks) - (fromBlock ?? 0));
  return (part.sizeBytes * blocks) / part.blocks;
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
