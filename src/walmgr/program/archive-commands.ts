// archive-push, archive-get and serve: what PostgreSQL calls.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { cwd } from "node:process";
import { systemClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { defineOption, type Metrics } from "../../service/index.ts";
import {
  ABSENT,
  exitCodes,
  getPatiently,
  Prefetch,
  pushPast,
  PushSpool,
  startArchiveServer,
  WalFetcher,
  writeClient,
} from "../archive/index.ts";
import { Spool } from "../spool/index.ts";
import { DirectoryStore } from "../store/index.ts";
import { type PlainContext, walmgrCommand } from "./command.ts";
import { exportRepositoryMetrics } from "./repository-metrics.ts";
import { exportSpoolMetrics } from "./spool-metrics.ts";
import { runPeriodicQuietly } from "./periodic.ts";
import { CLIENT, ownCommandLine } from "./own-command.ts";

const partialFlag = defineOption({
  name: "partial",
  type: "bool",
  default: false,
  programs: ["archive-get"],
  flagOnly: true,
  doc: "the segment that was begun last counts too",
});

/** True only when archive-get knows that the file is in no repository. Every other failure of it must end above 125. */
export const verdict = { isSurelyAbsent: false };

function fetcherOf({ environment, service }: Pick<PlainContext, "environment" | "service">): WalFetcher {
  const { repositories, local, localStore } = environment;
  return new WalFetcher({ repositories, local, localPath: localStore.path, log: service.log });
}

/** Where the server runs its commands. */
function isStandby(): boolean {
  return existsSync(join(cwd(), "standby.signal"));
}

export const archiveCommands = [
  walmgrCommand({
    name: "archive-push",
    oldNames: ["xarchive"],
    summary: "store a WAL file; for archive_command",
    args: [
      { name: "path", doc: "of the file: %p" },
      { name: "name", doc: "its name: %f" },
    ],
    async run(context) {
      const { environment, args, out, service } = context;
      const [path = "", name = ""] = args;
      const file = { name, path: resolve(cwd(), path) };
      // On a computer without walmgr_data nothing waits.
      const spool = Spool.pushed(new DirectoryStore(environment.localStore.path));
      const result = await pushPast(spool, environment.repositories, file);
      service.log.info({ file: name }, result === "stored" ? "WAL file stored" : "WAL file was stored already");
      out.result({ name, result }, "");
      await runPeriodicQuietly(context);
      return undefined;
    },
  }),
  walmgrCommand({
    name: "archive-get",
    oldNames: ["xrestore"],
    summary: "fetch a WAL file; for restore_command",
    args: [
      { name: "name", doc: "its name: %f" },
      { name: "path", doc: "where to put it: %p" },
      { name: "restart", doc: "of old settings: %r", isOptional: true },
    ],
    flags: { partial: partialFlag },
    async run(context) {
      const { args, options, out, service } = context;
      const [name = "", path = ""] = args;
      const fetcher = fetcherOf(context);
      const request = { name, destination: resolve(cwd(), path), allowPartial: options.partial };
      const status = await getPatiently({
        get: () => fetcher.get(request),
        isStandby: isStandby(),
        isHistory: name.endsWith(".history"),
        clock: service.clock,
        signal: service.signal,
        onGivenUp: (error) => service.log.error({ error, file: name }, "cannot tell whether the WAL file exists"),
      });
      verdict.isSurelyAbsent = status === exitCodes.absent;
      if (verdict.isSurelyAbsent) out.result({ name, result: ABSENT }, ABSENT);
      return status;
    },
  }),
  walmgrCommand({
    name: "serve",
    summary: "answer archive_command and restore_command quickly, from a process that is warm",
    isDaemon: true,
    // `receive` has the pidfile itself; both may run with one configuration.
    pidfile: "serve",
    async run(context) {
      const { environment, service, signal, options } = context;
      const { repositories, local, localStore } = environment;
      await localStore.requireThere();
      const isSpooled = options.archiveAsyncAck === "spool";
      if (options.archiveQueueMax > 0 && !isSpooled) {
        throw new SkytoolsError("CONFIG_FILE", "archive_queue_max needs archive_async_ack = spool", {
          hint: "without a spool the server itself keeps its WAL",
        });
      }
      const fetcher = fetcherOf(context);
      const prefetch = new Prefetch({
        fetcher,
        directory: join(localStore.path, "prefetch"),
        count: options.prefetch,
        segmentBytes: async () => (await repositories[0]?.identity())?.segmentBytes ?? null,
        log: service.log,
      });
      await prefetch.clear();
      const { metrics, log } = service;
      const counter = (name: string, help: string) => metrics.counter({ name, help });
      const pushed = counter("walmgr_pushed_files_total", "WAL files stored for archive_command");
      const dropped = counter(
        "walmgr_dropped_segments_total",
        "segments that were thrown away because of archive_queue_max",
      );
      const fetched = counter("walmgr_fetched_files_total", "WAL files given to restore_command");
      const pushErrors = counter("walmgr_push_errors_total", "WAL files that could not be stored");
      const fetchErrors = counter(
        "walmgr_fetch_errors_total",
        "WAL files of which nobody could tell whether they are stored",
      );
      exportRepositoryMetrics(metrics, { repositories, clock: systemClock, log });
      const spool = Spool.pushed(localStore);
      exportSpoolMetrics(metrics, { spool, clock: systemClock, log });
      // What an earlier run has left there is brought away, whatever is configured now.
      const pushes = new PushSpool({
        ...{ repositories, local, spool, maxBytes: options.archiveQueueMax },
        ...{ clock: systemClock, log },
      });
      exportStoreErrors(metrics, pushes);
      const server = await startArchiveServer({
        socketPath: environment.socketPath,
        async push(name, path) {
          const pushing = isSpooled ? pushes.push(name, path) : pushPast(spool, repositories, { name, path });
          const result = await pushing.catch(counted(pushErrors));
          (result === "dropped" ? dropped : pushed).inc();
          void runPeriodicQuietly(context);
          return result;
        },
        async get(name, destination, allowPartial) {
          const isThere = await prefetch.take(name, destination);
          const result = isThere
            ? "found"
            : await fetcher.get({ name, destination, allowPartial }).catch(counted(fetchErrors));
          if (result === "found") {
            fetched.inc();
            void prefetch.after(name);
          }
          return result;
        },
        metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
        log,
      });
      await service.life.onClose("archive server", () => server.close());
      await pushes.begin();
      const client = join(localStore.path, CLIENT);
      await writeClient(client, environment.socketPath, ownCommandLine(service));
      log.info({ socket: environment.socketPath, client }, "serving");
      service.ready();
      await pushes.run(signal);
      return undefined;
    },
  }),
];

/** Of an error that goes on. */
function counted(errors: { inc(): void }): (error: unknown) => never {
  return (error) => {
    errors.inc();
    throw error;
  };
}

function exportStoreErrors(metrics: Metrics, pushes: PushSpool): void {
  const help = "attempts to store WAL in a repository that failed since the start";
  const errors = metrics.gauge({ name: "walmgr_store_errors", help });
  metrics.beforeRead(() => errors.set(pushes.storeErrors));
}
