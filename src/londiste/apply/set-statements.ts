// Statements that apply many rows of one shape at once. Each takes one array a column; PostgreSQL parses the values.
import { copyField, quoteIdent } from "../../postgres/index.ts";
import { type RowChange, type RowShape, type ValueWriter, writeValues } from "../row-events/index.ts";
import { arrayLiterals } from "./array-literal.ts";
import { ByteSink } from "./byte-sink.ts";
import { columnOf, type Destination, type DestinationColumn, uniqueKeyWithin } from "./destination.ts";

export interface SetStatement {
  readonly sql: string;
  params(changes: readonly RowChange[]): string[];
}

/** A column of the table and where its value stands in a change. */
interface Cell {
  readonly column: DestinationColumn;
  readonly position: number;
}

export function setInsert(destination: Destination, shape: RowShape): SetStatement {
  const cells = insertCells(destination, shape);
  if (cells.length === 0) return { sql: `insert into ${destination.quoted} default values`, params: () => [] };
  const overriding = destination.hasAlwaysIdentity ? " overriding system value" : "";
  return {
    sql: `insert into ${destination.quoted} (${names(cells)})${overriding} select ${list(cells, value)} from ${source(cells)}`,
    params: parameters(cells),
  };
}

/** Null: there is no column but those of the key, so there is nothing to do. @throws REPLICA_TABLE */
export function setUpdate(destination: Destination, shape: RowShape): SetStatement | null {
  const key = keyOf(destination, shape);
  const set = insertCells(destination, shape).filter(({ column }) => {
    if (column.isAlwaysIdentity) return false;
    return !column.isExact || !shape.keys.includes(column.name);
  });
  if (set.every(({ column }) => shape.keys.includes(column.name))) return null;
  const cells = [...new Map([...set, ...key.cells].map((cell) => [cell.position, cell])).values()];
  const changes = set.map((cell) => `${quoteIdent(cell.column.name)} = ${value(cell, cells.indexOf(cell))}`);
  return {
    sql: `update ${destination.only} t set ${changes.join(", ")} from ${source(cells)} where ${key.condition(cells)}`,
    params: parameters(cells),
  };
}

/** @throws REPLICA_TABLE */
export function setDelete(destination: Destination, shape: RowShape): SetStatement {
  const key = keyOf(destination, shape);
  return {
    sql: `delete from ${destination.only} t using ${source(key.cells)} where ${key.condition(key.cells)}`,
    params: parameters(key.cells),
  };
}

/** Rows as COPY text; null where the shape has no column for it. */
export function copyInsert(
  destination: Destination,
  shape: RowShape,
): { readonly sql: string; lines(changes: Iterable<RowChange>): Generator<Buffer> } | null {
  const cells = insertCells(destination, shape);
  if (cells.length === 0) return null;
  const positions = cells.map(({ position }) => position);
  return {
    sql: `copy ${destination.quoted} (${names(cells)}) from stdin`,
    lines: (changes) => copyPieces(changes, positions),
  };
}

const PIECE_BYTES = 64 * 1024;

function* copyPieces(changes: Iterable<RowChange>, positions: readonly number[]): Generator<Buffer> {
  const sink = new ByteSink(2 * PIECE_BYTES);
  const writers = positions.map((_, index) => new CopyWriter(sink, index === positions.length - 1 ? LINE_END : TAB));
  for (const change of changes) {
    writeValues(change, positions, writers);
    if (sink.length >= PIECE_BYTES) yield sink.take();
  }
  if (sink.length > 0) yield sink.take();
}

const TAB = 0x09;
const LINE_END = 0x0a;

/** One field of each row, and what stands behind it. */
class CopyWriter implements ValueWriter {
  readonly #sink: ByteSink;
  readonly #end: number;

  constructor(sink: ByteSink, end: number) {
    this.#sink = sink;
    this.#end = end;
  }

  text(value: string | null): void {
    this.#sink.text(copyField(value));
    this.#sink.byte(this.#end);
  }

  plain(bytes: Buffer, start: number, end: number): void {
    this.#sink.copy(bytes, start, end);
    this.#sink.byte(this.#end);
  }
}

/** The columns that are written. @throws REPLICA_TABLE on one that the table does not have */
function insertCells(destination: Destination, shape: RowShape): Cell[] {
  const cells = shape.columns.map((name, position) => ({ column: columnOf(destination, name), position }));
  return cells.filter(({ column }) => !column.isGenerated);
}

interface Key {
  readonly cells: readonly Cell[];
  condition(cells: readonly Cell[]): string;
}

/** The key of the events, or what of it is unique here. */
function keyOf(destination: Destination, shape: RowShape): Key {
  const unique = uniqueKeyWithin(destination, shape.keys);
  const columns = unique ?? shape.keys.map((name) => ({ name, equals: "=" }));
  const found = columns.map(({ name, equals }) => {
    return { cell: { column: columnOf(destination, name), position: shape.columns.indexOf(name) }, equals };
  });
  return {
    cells: found.map(({ cell }) => cell),
    condition: (cells) => {
      const place = (cell: Cell): number => cells.findIndex(({ position }) => position === cell.position);
      return found
        .map(({ cell, equals }) => `t.${quoteIdent(cell.column.name)} ${equals} ${value(cell, place(cell))}`)
        .join(" and ");
    },
  };
}

/** `unnest($1::int4[], $2::text[]) x (c0, c1)` */
function source(cells: readonly Cell[]): string {
  const arrays = cells.map(({ column }, index) => `$${index + 1}::${column.arrayType ?? "text[]"}`);
  return `unnest(${arrays.join(", ")}) x (${cells.map((_, index) => `c${index}`).join(", ")})`;
}

function value({ column }: Cell, index: number): string {
  return column.arrayType === null ? `x.c${index}::${column.type}` : `x.c${index}`;
}

function names(cells: readonly Cell[]): string {
  return cells.map(({ column }) => quoteIdent(column.name)).join(", ");
}

function list(cells: readonly Cell[], write: (cell: Cell, index: number) => string): string {
  return cells.map(write).join(", ");
}

function parameters(cells: readonly Cell[]): (changes: readonly RowChange[]) => string[] {
  const positions = cells.map(({ position }) => position);
  return (changes) => arrayLiterals(changes, positions);
}
