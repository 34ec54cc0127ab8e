// What happened to one table in a chunk, as runs: each run is applied at once, one after the other.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import {
  type FoldKey,
  foldKey,
  isSameShape,
  type RowChange,
  type RowOperation,
  type RowShape,
} from "../row-events/index.ts";
import { Fold } from "./fold.ts";

export interface ChangeStep {
  readonly kind: "change";
  readonly event: CascadeEvent;
  readonly change: RowChange;
}

/** A piece of SQL as sqltriga writes it. */
export interface PartialSqlStep {
  readonly kind: "partial-sql";
  readonly event: CascadeEvent;
  readonly operation: RowOperation;
  readonly text: string;
}

/** A statement of a handler. */
export interface StatementStep {
  readonly kind: "statement";
  readonly event: CascadeEvent;
  readonly sql: string;
  readonly params: readonly (string | null)[];
}

export type Step = ChangeStep | PartialSqlStep | StatementStep;

/** Changes that are applied as sets. */
export interface RowRun {
  readonly kind: "rows";
  /** In their order, as they were before folding. */
  readonly steps: readonly ChangeStep[];
  /** Null: rows without a key, which are only inserted. */
  readonly fold: Fold | null;
}

/** Steps that are done one after the other. */
export interface OrderedRun {
  readonly kind: "ordered";
  readonly steps: readonly Step[];
}

export type Run = RowRun | OrderedRun;

interface OpenRows {
  readonly kind: "rows";
  readonly steps: ChangeStep[];
  readonly fold: Fold | null;
  readonly family: string;
  /** Columns of inserts and updates; deletes need their key only. */
  shape: RowShape | null;
}

interface OpenOrdered {
  readonly kind: "ordered";
  readonly steps: Step[];
}

export class TableRuns {
  readonly #runs: (OpenRows | OpenOrdered)[] = [];

  get runs(): readonly Run[] {
    return this.#runs;
  }

  add(step: Step): void {
    if (step.kind !== "change") {
      this.#ordered(step);
      return;
    }
    const { change } = step;
    const key = change.key === undefined ? foldKey(change) : change.key;
    const isKeyless = change.shape.keys.length === 0;
    if (key === null && !(isKeyless && change.operation === "insert")) this.#ordered(step);
    else this.#row(step, key);
  }

  #ordered(step: Step): void {
    const last = this.#runs.at(-1);
    if (last?.kind === "ordered") last.steps.push(step);
    else this.#runs.push({ kind: "ordered", steps: [step] });
  }

  #row(step: ChangeStep, key: FoldKey | null): void {
    const last = this.#runs.at(-1);
    if (
      last?.kind === "rows" &&
      fits(last, step.change) &&
      (key === null || last.fold?.add(key, step.change) === true)
    ) {
      last.steps.push(step);
      if (step.change.operation !== "delete") last.shape ??= step.change.shape;
      return;
    }
    const { shape, operation } = step.change;
    const fold = key === null ? null : new Fold();
    fold?.add(key ?? "", step.change);
    this.#runs.push({
      kind: "rows",
      steps: [step],
      fold,
      family: shape.family,
      shape: operation === "delete" ? null : shape,
    });
  }
}

function fits(run: OpenRows, { operation, shape }: RowChange): boolean {
  if (run.family !== shape.family) return false;
  return operation === "delete" || run.shape === null || isSameShape(run.shape, shape);
}
