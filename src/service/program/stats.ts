// What a pass did, as the line `{count: 5, duration: 0.2}` that old parsers read, and as metrics.
import type { Logger } from "../logging/logger.ts";
import type { Metrics } from "../metrics/metrics.ts";

export type StatValue = number | bigint | string;

export class Stats {
  readonly #values = new Map<string, StatValue>();
  readonly #log: Logger;
  readonly #metrics: Metrics;

  constructor(log: Logger, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** Sets a value of the next line. */
  put(name: string, value: StatValue): void {
    this.#values.set(name, value);
    if (typeof value !== "string") this.#metrics.gauge(GAUGE).set({ name }, Number(value));
  }

  /** Adds to a value of the next line. */
  increase(name: string, by: number | bigint = 1): void {
    const before = this.#values.get(name) ?? 0;
    const isBig = typeof before === "bigint" || typeof by === "bigint";
    this.#values.set(name, isBig ? BigInt(before) + BigInt(by) : Number(before) + by);
    this.#metrics.counter(COUNTER).inc({ name }, Number(by));
  }

  /** Logs the line unless it is empty, and begins a new one. */
  send(): void {
    if (this.#values.size === 0) return;
    const shown = [...this.#values].map(([name, value]) => `${name}: ${statText(value)}`);
    const stats = Object.fromEntries([...this.#values].map(([name, value]) => [name, plain(value)]));
    this.#log.info({ stats }, `{${shown.join(", ")}}`);
    this.#values.clear();
  }
}

const GAUGE = { name: "skytools_job_stat", help: "last value of a statistic of the job", labels: ["name"] } as const;
const COUNTER = { name: "skytools_job_stat_total", help: "sum of a statistic of the job", labels: ["name"] } as const;

function statText(value: StatValue): string {
  return typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toFixed(6))) : String(value);
}

function plain(value: StatValue): number | string {
  return typeof value === "bigint" ? String(value) : value;
}
