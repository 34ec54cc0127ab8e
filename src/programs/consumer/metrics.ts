// The numbers of a consumer program for Prometheus. Failed passes are counted by the framework: skytools_job_passes_total.
import type { Clock } from "../../clock/index.ts";
import type { BatchReport, EventFailureReport } from "../../pgq/index.ts";
import type { Metrics } from "../../service/index.ts";

const labels = ["queue", "consumer"] as const;
const DURATIONS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300];

export class ConsumerMetrics {
  readonly #names: { readonly queue: string; readonly consumer: string };
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  /** All that was ticked until then is done. */
  #doneUntilMs: number | null = null;

  constructor(metrics: Metrics, clock: Clock, names: { readonly queue: string; readonly consumer: string }) {
    this.#metrics = metrics;
    this.#clock = clock;
    this.#names = names;
    const lag = metrics.gauge({
      name: "pgq_consumer_work_lag_seconds",
      help: "since when ticks may wait for this consumer; absent before the first look",
      labels,
    });
    metrics.beforeRead(() => {
      if (this.#doneUntilMs !== null) lag.set(names, Math.max(0, clock.now() - this.#doneUntilMs) / 1000);
    });
  }

  batch({ batch, events, retried, dead, durationMs }: BatchReport): void {
    this.#add("pgq_consumer_retried_events_total", "events set aside to come again", retried);
    this.#add("pgq_consumer_dead_letters_total", "events put among the dead letters", dead);
    this.applied({ events, durationMs, lagMs: batch.lagMs });
  }

  /** A batch of which no event is set aside. */
  applied({ events, durationMs, lagMs }: { events: number; durationMs: number; lagMs: number }): void {
    this.#add("pgq_consumer_batches_total", "batches finished", 1);
    this.#add("pgq_consumer_events_total", "events of the batches finished", events);
    this.#doneUntilMs = this.#clock.now() - durationMs - lagMs;
    this.#metrics
      .histogram({
        ...{ name: "pgq_consumer_batch_duration_seconds", help: "from the opening of a batch to its commit", labels },
        buckets: DURATIONS_S,
      })
      .observe(this.#names, durationMs / 1000);
    this.#metrics
      .gauge({ name: "pgq_consumer_last_batch_time_seconds", help: "end of the last batch since 1970", labels })
      .set(this.#names, this.#clock.now() / 1000);
  }

  /** There was nothing to do. */
  idle(): void {
    this.#doneUntilMs = this.#clock.now();
  }

  eventFailure({ outcome }: EventFailureReport): void {
    this.#metrics
      .counter({
        name: "pgq_consumer_failed_events_total",
        help: "events whose handler failed, by what becomes of them",
        labels: [...labels, "outcome"],
      })
      .inc({ ...this.#names, outcome });
  }

  #add(name: string, help: string, by: number): void {
    this.#metrics.counter({ name, help, labels }).inc(this.#names, by);
  }
}
