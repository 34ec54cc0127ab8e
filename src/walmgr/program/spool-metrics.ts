// What waits for repositories on this computer, for Prometheus.
import type { Clock } from "../../clock/index.ts";
import type { Logger, Metrics } from "../../service/index.ts";
import type { Spool } from "../spool/index.ts";

export interface SpoolMetricsOptions {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Logger;
}

export function exportSpoolMetrics(metrics: Metrics, { spool, clock, log }: SpoolMetricsOptions): void {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help });
  const segments = gauge("walmgr_spool_segments", "complete WAL files that a repository does not have yet");
  const size = gauge("walmgr_spool_bytes", "their size");
  const age = gauge("walmgr_spool_oldest_seconds", "time since the oldest of them came; 0: there is none");
  metrics.beforeRead(async () => {
    try {
      const { files, bytes, oldestMs } = await spool.state();
      segments.set(files);
      size.set(bytes);
      age.set(oldestMs === null ? 0 : Math.max(0, clock.now() - oldestMs) / 1000);
    } catch (error) {
      log.warn({ error }, "cannot look at the spool for its metrics");
    }
  });
}
