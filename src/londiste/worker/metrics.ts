// What a set's worker counts, for Prometheus; docs/explain/cascaded-workers.md lists them.
import type { Health, Metrics } from "../../service/index.ts";
import type { ApplyStats, Conflict } from "../apply/index.ts";
import type { TableSync } from "../sync/index.ts";
import { QUARANTINE } from "./quarantine.ts";

const labels = ["queue"] as const;

export class ReplayMetrics {
  readonly #metrics: Metrics;
  readonly #queue: string;
  #ignored = 0;

  constructor(metrics: Metrics, queue: string) {
    this.#metrics = metrics;
    this.#queue = queue;
  }

  /** Measured when somebody reads them. */
  watch(sync: () => Pick<TableSync, "tables" | "progress"> | null, health: Health): void {
    const queue = this.#queue;
    const states = this.#metrics.gauge({
      ...{ name: "londiste_tables", help: "tables that are local, by state", labels: ["queue", "state"] },
    });
    const copied = this.#metrics.gauge({
      ...{
        name: "londiste_copy_bytes",
        help: "bytes copied so far, of tables being copied",
        labels: ["queue", "table"],
      },
    });
    this.#metrics.beforeRead(() => {
      states.reset();
      copied.reset();
      for (const { isLocal, state, attributes } of sync()?.tables ?? []) {
        if (isLocal) states.inc({ queue, state: attributes.others.has(QUARANTINE) ? "quarantine" : state.kind });
      }
      for (const { table, bytes } of sync()?.progress ?? []) copied.set({ queue, table }, Number(bytes));
    });
    health.report("tables", () => {
      const { progress, tables } = sync() ?? { progress: [], tables: [] };
      const failed = progress.filter(({ error }) => error !== null).map(({ table }) => table);
      const given = tables.filter(({ attributes }) => attributes.others.has(QUARANTINE)).map(({ name }) => name);
      const details = [
        ...(failed.length > 0 ? [`copies failed: ${failed.join(", ")}`] : []),
        ...(given.length > 0 ? [`in quarantine: ${given.join(", ")}`] : []),
      ];
      return { isHealthy: true, ...(details.length > 0 ? { detail: details.join("; ") } : {}) };
    });
  }

  applied({ events, ignored, rows, conflicts }: ApplyStats): void {
    let count = 0;
    for (const number of events.values()) count += number;
    this.#add("londiste_events_total", "events of tables that were replayed", count);
    this.#add("londiste_ignored_events_total", "events of tables that are not replayed here", ignored);
    this.#add("londiste_rows_total", "rows changed, after changes of the same row were folded", rows);
    this.#add("londiste_conflicts_total", "changes that did not fit and did not stop the batch", conflicts);
    this.#ignored += ignored;
  }

  conflict({ kind }: Conflict): void {
    this.#metrics
      .counter({
        ...{ name: "londiste_conflict_kinds_total", help: "the same by their kind", labels: ["queue", "kind"] },
      })
      .inc({ queue: this.#queue, kind });
  }

  /** Since the last call. */
  takeIgnored(): number {
    const ignored = this.#ignored;
    this.#ignored = 0;
    return ignored;
  }

  #add(name: string, help: string, by: number): void {
    this.#metrics.counter({ name, help, labels }).inc({ queue: this.#queue }, by);
  }
}
