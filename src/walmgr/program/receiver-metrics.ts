// The receiver's numbers for Prometheus.
import type { MonotonicClock } from "../../clock/index.ts";
import type { Metrics } from "../../service/index.ts";
import type { Receiver } from "../receive/index.ts";

export function exportReceiverMetrics(metrics: Metrics, receiver: Receiver, clock: MonotonicClock): void {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help });
  const connected = gauge("walmgr_receiver_connected", "1 while WAL is streamed");
  const timeline = gauge("walmgr_receiver_timeline", "timeline that is received");
  const written = gauge("walmgr_received_lsn_bytes", "end of the WAL that was received, as a number of bytes");
  const flushed = gauge("walmgr_flushed_lsn_bytes", "end of the WAL that is durable, as a number of bytes");
  const lag = gauge("walmgr_receiver_lag_bytes", "WAL of the server that is not durable here");
  const silence = gauge("walmgr_receiver_silence_seconds", "time since the server was last heard of");
  const segments = gauge("walmgr_segments_completed", "segments completed since the start");
  const gaps = gauge("walmgr_gaps", "gaps found since the start");
  const failures = gauge("walmgr_receiver_failures", "interruptions of the stream since the start");
  const storeErrors = gauge("walmgr_store_errors", "attempts to store WAL in a repository that failed since the start");
  metrics.beforeRead(() => {
    const { state } = receiver;
    connected.set(state.isConnected ? 1 : 0);
    timeline.set(state.timeline);
    written.set(Number(state.writtenLsn));
    flushed.set(Number(state.flushedLsn));
    lag.set(Number(state.serverLsn - state.flushedLsn));
    if (state.receivedMs !== null) silence.set((clock.monotonicMs() - state.receivedMs) / 1000);
    segments.set(state.segments);
    gaps.set(state.gaps);
    failures.set(state.failures);
    storeErrors.set(receiver.storeErrors);
  });
}
