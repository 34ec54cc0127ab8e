// The statistics line of consumers, `{count: 5, duration: 0.0265, idle: 0.4918}`, as old parsers read it.
// Source: spec of the consumers, 7. Differs: batches that follow each other fast share a line, with their sums.
import type { Clock } from "../../clock/index.ts";
import type { BatchReport } from "../../pgq/index.ts";
import type { Stats } from "../../service/index.ts";

export interface StatsSettings {
  /** Milliseconds: the least time between two lines, and the longest without one. */
  readonly statsPeriod: number;
  readonly keepaliveStats: number;
}

export class BatchStats {
  readonly #stats: Pick<Stats, "put">;
  readonly #clock: Clock;
  readonly #settings: () => StatsSettings;
  #batches = 0;
  #count = 0;
  #retried = 0;
  #durationMs = 0;
  #idleMs = 0;
  #idleSinceMs: number;
  #toldMs = -Infinity;

  constructor(stats: Pick<Stats, "put">, clock: Clock, settings: () => StatsSettings) {
    this.#stats = stats;
    this.#clock = clock;
    this.#settings = settings;
    this.#idleSinceMs = clock.now();
  }

  /** A batch was finished just now. */
  batch({ events, retried, durationMs }: Pick<BatchReport, "events" | "retried" | "durationMs">): void {
    this.#batches += 1;
    this.#count += events;
    this.#retried += retried;
    this.#durationMs += durationMs;
    if (events === 0) return;
    const nowMs = this.#clock.now();
    this.#idleMs += Math.max(0, nowMs - durationMs - this.#idleSinceMs);
    this.#idleSinceMs = nowMs;
  }

  /** Called after each pass: puts what is due on the next line. */
  tell({ isLast = false }: { readonly isLast?: boolean } = {}): void {
    const nowMs = this.#clock.now();
    const { statsPeriod, keepaliveStats } = this.#settings();
    if (this.#batches > 0 && (isLast || nowMs - this.#toldMs >= statsPeriod)) this.#tellBatches(nowMs);
    else if (this.#batches === 0 && nowMs - this.#idleSinceMs >= keepaliveStats) this.#tellIdle(nowMs);
  }

  #tellBatches(nowMs: number): void {
    if (this.#retried > 0) this.#stats.put("retry-events", this.#retried);
    this.#stats.put("count", this.#count);
    this.#stats.put("duration", seconds(this.#durationMs));
    if (this.#count > 0) this.#stats.put("idle", seconds(this.#idleMs));
    this.#toldMs = nowMs;
    [this.#batches, this.#count, this.#retried, this.#durationMs, this.#idleMs] = [0, 0, 0, 0, 0];
  }

  #tellIdle(nowMs: number): void {
    this.#stats.put("idle", seconds(nowMs - this.#idleSinceMs));
    this.#idleSinceMs = nowMs;
  }
}

function seconds(ms: number): number {
  return Number((ms / 1000).toFixed(4));
}
