// receive and sync.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import { readPidfile } from "../../service/index.ts";
import type { MonotonicClock } from "../../clock/index.ts";
import { systemClock } from "../../clock/index.ts";
import { formatLsn } from "../formats/index.ts";
import { copyWal, Receiver, type WalPosition } from "../receive/index.ts";
import { Spool } from "../spool/index.ts";
import { walmgrCommand, type PlainContext } from "./command.ts";
import { inEachRepository } from "./each-repository.ts";
import { exportReceiverMetrics } from "./receiver-metrics.ts";
import { exportRepositoryMetrics } from "./repository-metrics.ts";
import { exportSpoolMetrics } from "./spool-metrics.ts";

type Context = Pick<PlainContext, "service" | "options" | "environment">;

const clock: MonotonicClock = systemClock;

export function makeReceiver({ service, options, environment }: Context): Receiver {
  return new Receiver({
    connect: (signal) => environment.connectReplication(signal),
    hosts: environment.replicationHosts(),
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
      const { repositories, localStore } = context.environment;
      exportSpoolMetrics(service.metrics, { spool: Spool.received(localStore), clock, log: service.log });
      exportRepositoryMetrics(service.metrics, { repositories, clock, log: service.log });
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
    summary: "receive what the primary has at this moment, store it, and end; from master_data when it is down",
    pidfile: "sync",
    async run(context) {
      const end = await syncFromServer(context).catch((error: unknown) => syncFromFiles(context, error));
      const { timeline } = end;
      const lsn = formatLsn(end.lsn);
      context.out.result({ timeline, lsn }, `everything up to ${lsn} of timeline ${timeline} is stored`);
      return undefined;
    },
  }),
];

async function syncFromServer(context: PlainContext): Promise<WalPosition> {
  const receiver = makeReceiver(context);
  await receiver.sync(context.signal);
  const { timeline, flushedLsn } = receiver.state;
  return { timeline, lsn: flushedLsn };
}

/** Only of a server that is down, and on this computer. */
async function syncFromFiles(context: PlainContext, error: unknown): Promise<WalPosition> {
  const { environment, options, service, signal } = context;
  const { masterData } = options;
  const isAway = error instanceof SkytoolsError && error.code === "CONNECTION_FAILED";
  if (!isAway || masterData === null || !existsSync(join(masterData, "pg_wal"))) throw error;
  if (readPidfile(join(masterData, "postmaster.pid")).kind === "running") {
    throw error;
  }
  service.log.info({ directory: masterData }, "the server does not answer: copying the WAL of its data directory");
  const { local } = environment;
  const lease = await local.lease("receive", signal);
  try {
    const { results, rethrow } = await inEachRepository(context, (repository) =>
      copyWal({ dataDirectory: masterData, repositories: [repository], local, signal }),
    );
    rethrow();
    return results[0] as WalPosition;
  } finally {
    await lease.release();
  }
}
