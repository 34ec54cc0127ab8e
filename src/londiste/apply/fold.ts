// Changes of one table folded to their final effect by key, so that the server does once what happened to a row.
//
//   before \ change   insert     update     delete
//   nothing yet       insert     update     delete
//   insert            -          insert     nothing
//   update            -          update     delete
//   delete            replace    -          -
//   replace           -          replace    delete
//
// "-" cannot happen on the origin. It ends the run: the server then tells whether there is a conflict.
import type { FoldKey, RowChange } from "../row-events/index.ts";

export type Effect = "insert" | "update" | "delete" | "replace";

export interface FoldedRow {
  readonly effect: Effect;
  /** The last change of the row. */
  readonly change: RowChange;
}

type Next = Effect | "nothing" | "impossible";

const table: Readonly<Record<Effect | "none", Readonly<Record<RowChange["operation"], Next>>>> = {
  none: { insert: "insert", update: "update", delete: "delete" },
  insert: { insert: "impossible", update: "insert", delete: "nothing" },
  update: { insert: "impossible", update: "update", delete: "delete" },
  delete: { insert: "replace", update: "impossible", delete: "impossible" },
  replace: { insert: "impossible", update: "replace", delete: "delete" },
};

export class Fold {
  readonly #rows = new Map<FoldKey, FoldedRow>();

  get size(): number {
    return this.#rows.size;
  }

  /** In the order of their last changes. */
  rows(): Iterable<FoldedRow> {
    return this.#rows.values();
  }

  /** @returns false, and takes nothing, when the change cannot come after those that are in */
  add(key: FoldKey, change: RowChange): boolean {
    const before = this.#rows.get(key);
    const effect = table[before?.effect ?? "none"][change.operation];
    if (effect === "impossible") return false;
    // A row that is changed again moves to the end: unique values go from row to row in this order.
    if (before !== undefined) this.#rows.delete(key);
    if (effect !== "nothing") this.#rows.set(key, { effect, change });
    return true;
  }
}
