// A row event that was understood: what happened to which row. Values are the server's text; null is NULL.

export type RowOperation = "insert" | "update" | "delete";

/** The columns of a change; shared by all changes that look alike. Names are not quoted. */
export interface RowShape {
  readonly columns: readonly string[];
  /** Columns that find the row. None: the table has no key. */
  readonly keys: readonly string[];
  /** Where each key stands in `columns`; -1: the event does not carry it. */
  readonly keyPositions: readonly number[];
}

export interface RowChange {
  readonly operation: RowOperation;
  readonly shape: RowShape;
  /** As many as the shape has columns. A delete carries the old row, or its key alone. */
  readonly values: readonly (string | null)[];
  /** Values of the key that find the row, where they differ from those in `values`: an update that changes its key. */
  readonly oldKey: readonly (string | null)[] | null;
}
