// A row event that was understood: what happened to which row. Values are the server's text; null is NULL.
import type { ValueWriter } from "./value-writer.ts";

export type RowOperation = "insert" | "update" | "delete";

/** The columns of a change; shared by all changes that look alike. Names are not quoted. */
export interface RowShape {
  readonly columns: readonly string[];
  /** Columns that find the row. None: the table has no key. */
  readonly keys: readonly string[];
  /** Where each key stands in `columns`; -1: the event does not carry it. */
  readonly keyPositions: readonly number[];
  /** Texts of keys can be compared only within one family: formats write booleans and times differently. */
  readonly family: string;
}

export interface RowChange {
  readonly operation: RowOperation;
  readonly shape: RowShape;
  /** As many as the shape has columns. A delete carries the old row, or its key alone. */
  readonly values: readonly (string | null)[];
  /** As foldKey makes it; known to changes that were read from events. */
  readonly key?: FoldKey | null;
  /** Values of the key that find the row, where they differ from those in `values`: an update that changes its key. */
  readonly oldKey: readonly (string | null)[] | null;
}

/** Where the values of a change come from: kept, they would fill memory. */
export interface RowSource {
  /** As many as the shape has columns. */
  values(): readonly (string | null)[];
  /** Gives the values at these positions to the writers, one each. */
  write(positions: readonly number[], writers: readonly ValueWriter[]): void;
}

/** A change whose values are read from the event whenever they are asked for. */
export class EventChange implements RowChange {
  readonly operation: RowOperation;
  readonly shape: RowShape;
  readonly oldKey: RowChange["oldKey"];
  readonly key: FoldKey | null;
  readonly #source: RowSource;

  constructor(
    operation: RowOperation,
    shape: RowShape,
    oldKey: RowChange["oldKey"],
    key: FoldKey | null,
    source: RowSource,
  ) {
    this.operation = operation;
    this.shape = shape;
    this.oldKey = oldKey;
    this.key = key;
    this.#source = source;
  }

  get values(): readonly (string | null)[] {
    return this.#source.values();
  }

  write(positions: readonly number[], writers: readonly ValueWriter[]): void {
    this.#source.write(positions, writers);
  }
}

/** Gives values of any change to the writers, one each. Where it can be, no text is made of them. */
export function writeValues(change: RowChange, positions: readonly number[], writers: readonly ValueWriter[]): void {
  if (change instanceof EventChange) {
    change.write(positions, writers);
    return;
  }
  writeTexts(change.values, positions, writers);
}

export function writeTexts(
  values: RowChange["values"],
  positions: readonly number[],
  writers: readonly ValueWriter[],
): void {
  for (let i = 0; i < positions.length; i++) writers[i]?.text(values[positions[i] ?? -1] ?? null);
}

/** Equal for equal keys of rows of one family. A text of a few digits is a number here: that takes less. */
export type FoldKey = string | number;

/** Null when the change cannot be folded: no key, an empty one, or one that changes. */
export function foldKey({ shape, values, oldKey }: Pick<RowChange, "shape" | "values" | "oldKey">): FoldKey | null {
  return oldKey === null ? keyOfTexts(shape, values) : null;
}

/** Column → value of the key that finds the row. */
export function keyOfChange({ shape, values, oldKey }: RowChange): Record<string, string | null> {
  return Object.fromEntries(
    shape.keys.map((key, index) => [key, oldKey?.[index] ?? values[shape.keyPositions[index] ?? -1] ?? null]),
  );
}

/** Null when there is no key, or a part of it is. */
export function keyOfTexts(shape: RowShape, values: RowChange["values"]): FoldKey | null {
  const [first] = shape.keyPositions;
  if (first === undefined) return null;
  if (shape.keyPositions.length === 1) return keyOfText(values[first] ?? null);
  let key = "";
  for (const position of shape.keyPositions) {
    const value = values[position] ?? null;
    if (value === null) return null;
    key += `${value}\0`;
  }
  return key;
}

export function keyOfText(value: string | null): FoldKey | null {
  return value !== null && DIGITS.test(value) ? Number(value) : value;
}

export const MOST_DIGITS = 9;
const DIGITS = new RegExp(`^[1-9][0-9]{0,${MOST_DIGITS - 1}}$`);

/** Make one for many changes, not one for each. */
export function rowShape(columns: readonly string[], keys: readonly string[], family: string): RowShape {
  const keyPositions = keys.map((key) => columns.indexOf(key));
  return { columns, keys, keyPositions, family: `${family} ${keys.join(",")}` };
}

/** Changes of both shapes can be put into one statement. */
export function isSameShape(one: RowShape, other: RowShape): boolean {
  if (one === other) return true;
  if (one.family !== other.family || one.columns.length !== other.columns.length) return false;
  return one.columns.every((column, index) => column === other.columns[index]);
}
