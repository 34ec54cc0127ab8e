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
  /** Known to changes that were read from events. */
  readonly key?: string | null;
  /** Values of the key that find the row, where they differ from those in `values`: an update that changes its key. */
  readonly oldKey: readonly (string | null)[] | null;
}

/** A change whose values are read from the event's text whenever they are asked for: kept, they would fill memory. */
export class TextChange implements RowChange {
  readonly operation: RowOperation;
  readonly shape: RowShape;
  readonly oldKey: RowChange["oldKey"];
  /** Its key as foldKey makes it. */
  readonly key: string | null;
  readonly #text: string;
  readonly #read: (text: string) => readonly (string | null)[];

  constructor(
    operation: RowOperation,
    shape: RowShape,
    oldKey: RowChange["oldKey"],
    values: RowChange["values"],
    text: string,
    read: (text: string) => readonly (string | null)[],
  ) {
    this.operation = operation;
    this.shape = shape;
    this.oldKey = oldKey;
    this.key = foldKey({ shape, values, oldKey });
    this.#text = text;
    this.#read = read;
  }

  get values(): readonly (string | null)[] {
    return this.#read(this.#text);
  }
}

/** The key as one text. Null when the change cannot be folded: no key, an empty one, or one that changes. */
export function foldKey({ shape, values, oldKey }: Pick<RowChange, "shape" | "values" | "oldKey">): string | null {
  if (oldKey !== null) return null;
  const [first] = shape.keyPositions;
  if (first === undefined) return null;
  if (shape.keyPositions.length === 1) return values[first] ?? null;
  let key = "";
  for (const position of shape.keyPositions) {
    const value = values[position];
    if (value === null || value === undefined) return null;
    key += `${value}\0`;
  }
  return key;
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
