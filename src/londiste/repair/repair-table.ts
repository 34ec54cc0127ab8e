// Makes the target's table equal to the source's: finds the differences as compareTable does, writes them as statements,
// applies them if that is wanted, and looks again whether that was enough.
import { compareTable, type DifferenceBatch, openSession, type RowDifference } from "../compare/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { add, applyRows, ordered } from "./apply-rows.ts";
import type { RepairOptions, TableRepair } from "./options.ts";
import { inPieces, keyOf, readRows, rowSizes, type TextRow } from "./read-rows.ts";
import { statementFor, statementHeader } from "./statements.ts";

interface Sessions {
  readonly source: Connection;
  readonly target: Connection;
}

/**
 * Only rows that are still as they were compared are touched, so that what is replayed meanwhile is never undone.
 * @throws WRONG_USE when a table or column does not exist
 */
export async function repairTable(options: RepairOptions): Promise<TableRepair> {
  const { isApplied = false, onStatements, prepareTarget } = options;
  await using source = await openSession(options.source.open);
  await using target = await openSession(options.target.open);
  if (isApplied) await prepareTarget?.(target);
  const applied = { inserts: 0, updates: 0, deletes: 0 };
  let remaining = 0;
  let hasHeader = false;
  const write = async (text: string): Promise<void> => {
    await onStatements?.(hasHeader ? text : statementHeader + text);
    hasHeader = true;
  };

  const comparison = await compareTable({
    ...options,
    async onDifferences(batch) {
      for (const piece of await piecesOf(batch, { source, target })) {
        options.signal?.throwIfAborted();
        await repairPiece(piece, batch, { source, target });
      }
      if (!isApplied) return;
      const { differences, undecided } = await batch.lookAgain(batch.rows);
      remaining += differences.length + undecided;
    },
  });
  const { inserts, updates, deletes, undecided } = comparison;
  return {
    comparison,
    applied,
    remaining: isApplied ? remaining + undecided : inserts + updates + deletes + undecided,
  };

  async function repairPiece(piece: readonly RowDifference[], batch: DifferenceBatch, db: Sessions): Promise<void> {
    const { match } = batch;
    const ours = await rowsOf(piece, batch, db, "source");
    if (onStatements !== undefined) {
      const theirs = await rowsOf(piece, batch, db, "target");
      const { table, from } = batch.target.shape;
      const given = { table, from, match, source: ours, target: theirs };
      const text = ordered(piece)
        .map((row) => statementFor(row, given) ?? "")
        .join("");
      if (text !== "") await write(text);
    }
    if (!isApplied) return;
    const context = { db: db.target, log: options.log, match, reader: batch.target, source: ours };
    add(applied, await applyRows(piece, context));
  }
}

async function piecesOf(batch: DifferenceBatch, db: Sessions): Promise<readonly (readonly RowDifference[])[]> {
  const columns = batch.match.columns.map(({ name }) => name);
  const keys = batch.rows.map(({ key }) => key);
  const [ours, theirs] = await Promise.all([
    rowSizes(db.source, batch.source, columns, keys),
    rowSizes(db.target, batch.target, columns, keys),
  ]);
  return inPieces(batch.rows, new Map([...theirs, ...ours]));
}

async function rowsOf(
  piece: readonly RowDifference[],
  batch: DifferenceBatch,
  db: Sessions,
  side: "source" | "target",
): Promise<ReadonlyMap<string, TextRow>> {
  const hashOf = (row: RowDifference): bigint | null => (side === "source" ? row.sourceHash : row.targetHash);
  const wanted = piece.flatMap((row) => {
    const hash = hashOf(row);
    return hash === null ? [] : [[keyOf(row.key), hash] as const];
  });
  const keys = piece.filter((row) => hashOf(row) !== null).map(({ key }) => key);
  const columns = batch.match.columns.map(({ name }) => name);
  return await readRows(db[side], batch[side], columns, new Map(wanted), keys);
}
