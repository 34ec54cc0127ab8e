// receive and sync.
import type { MonotonicClock } from "../../clock/index.ts";
import { systemClock } from "../../clock/index.ts";
import { formatLsn } from "../formats/index.ts";
import { Receiver } from "../receive/index.ts";
import { walmgrCommand, type PlainContext } from "./command.ts";
import { exportReceiverMetrics } from "./receiver-metrics.ts";

type Context = Pick<PlainContext, "service" | "options" | "environment">;

const clock: MonotonicClock = systemClock;

export function makeReceiver({ service, options, environment }: Context): Receiver {
  return new Receiver({
    connect: (signal) => environment.connectReplication(signal),
    sources: environment.sources,
    local: environment.local,
    localStore: environment.localStore,
    layout: environment.layout,
    repositories: environment.repositories,
    slot: environment.slot,
    isSynchronous: options.synchronous,
    reportsApplied: options.reportApplied,
    statusIntervalMs: options.statusInterval,
    flushIntervalMs: options.flushInterval,
    timeoutMs: options.receiverTimeout,
    clock,
    log: service.log,
  });
}

export const receiveCommands = [
  walmgrCommand({
    name: "receive",
    oldNames: ["syncdaemon"],
    summary: "receive the WAL of the primary as it is written, and store it",
    isDaemon: true,
    examples: [{ line: "conf.ini receive -d", doc: "in the background; -s ends it" }],
    async run(context) {
      const { service, signal } = context;
      const receiver = makeReceiver(context);
      exportReceiverMetrics(service.metrics, receiver, clock);
      service.health.report("receiver", () => ({
        isHealthy: receiver.state.isConnected,
        detail: receiver.state.isConnected ? "streaming" : "not connected",
      }));
      service.ready();
      await receiver.run(signal);
      return undefined;
    },
  }),
  walmgrCommand({
    name: "sync",
    summary: "receive what the primary has at this moment, store it, and end",
    pidfile: "sync",
    async run(context) {
      const receiver = makeReceiver(context);
      await receiver.sync(context.signal);
      const { timeline, flushedLsn } = receiver.state;
      const lsn = formatLsn(flushedLsn);
      context.out.result({ timeline, lsn }, `everything up to ${lsn} of timeline ${timeline} is stored`);
      return undefined;
    },
  }),
];
