// A row event that was understood: what happened to which row. Values are the server's text; null is NULL.

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
  /** Values of the key that find the row, where they differ from those in `values`: an update that changes its key. */
  readonly oldKey: readonly (string | null)[] | null;
}

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
