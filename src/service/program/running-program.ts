// A program while it runs: what it opens, how it reloads, and how everything is closed.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import { Connections } from "../connections/connections.ts";
import type { Config } from "../config/config.ts";
import { LifeCycle } from "../life-cycle.ts";
import type { Logger } from "../logging/logger.ts";
import { Health } from "../metrics/health.ts";
import { startMetricsServer } from "../metrics/http-server.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import type { OptionTable } from "../options/resolve-options.ts";
import type { DaemonChild } from "../process/daemon.ts";
import { retrySql } from "../connections/retry-sql.ts";
import { acquirePidfile } from "../process/pidfile.ts";
import type { ProgramLine } from "./command-line.ts";
import { type ProgramDefinition, type ProgramOptions, programTable, type ServiceValues } from "./define-program.ts";
import { failureReport } from "./error-report.ts";
import { logSettings, ProgramLog } from "./program-log.ts";
import { Reloader } from "./reloader.ts";
import type { ProgramWorld } from "./world.ts";
import type { Service } from "./service.ts";
import type { Settings } from "./settings.ts";
import { Sleeper } from "./sleeper.ts";
import { Stats } from "./stats.ts";
import { handleSignals } from "./stop-signals.ts";
import { runLoop } from "./work-loop.ts";

export interface RunContext<T extends OptionTable> {
  readonly line: ProgramLine;
  readonly settings: Settings<T>;
  readonly world: ProgramWorld;
  readonly child: DaemonChild;
}

/** Runs until the program ends; returns its exit status. @throws what prevents the start */
export async function runService<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  context: RunContext<T>,
): Promise<number> {
  const { line, settings, world, child } = context;
  const isConsole = !child.isDaemon && !(line.isQuiet && definition.quiet === "console");
  const programLog = new ProgramLog(isConsole ? (text) => void world.stderr.write(text) : null);
  programLog.apply(logSettings(definition, line, settings.options));
  const life = new LifeCycle(programLog.logger);
  await life.onClose("log", () => programLog.close());
  try {
    const service = await openService(definition, context, { life, log: programLog.logger, programLog });
    return await runToEnd(definition, service, child, settings.isOneShot);
  } finally {
    await life.stop().catch(() => undefined); // logged by the life cycle
  }
}

interface Opened {
  readonly life: LifeCycle;
  readonly log: Logger;
  readonly programLog: ProgramLog;
}

async function openService<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  { line, settings, world, child }: RunContext<T>,
  { life, log, programLog }: Opened,
): Promise<Service<ProgramOptions<T>>> {
  const { clock, env } = world;
  const common: ServiceValues = settings.options;
  const jobName = common.jobName ?? definition.name;
  for (const warning of settings.warnings) log.warn({}, warning);

  const sleeper = new Sleeper(clock);
  const stopper = new AbortController();
  stopper.signal.addEventListener("abort", () => sleeper.wake());
  const reloader = new Reloader(definition, { line, settings, env, log, programLog });
  const live = (): ServiceValues => reloader.options;
  const signalsOff = handleSignals({
    source: world.process,
    log,
    stopTimeoutMs: () => live().stopTimeout,
    onStop: () => stopper.abort(new SkytoolsError("ABORTED", "stopped by a signal")),
    onReload: () => {
      reloader.ask();
      sleeper.wake();
    },
  });
  await life.onClose("signals", signalsOff);
  await life.onClose("crashes", handleCrashes(world.process, jobName, log));
  await life.onClose("stay", stayAlive());
  // After the handlers: who reads the file may signal at once.
  if (settings.pidfile !== null) await holdPidfile(settings.pidfile, life, log);

  const health = new Health();
  const metrics = createMetrics({ job: jobName, service: definition.name });
  if (!settings.isOneShot) {
    describeJob(metrics, definition.version, clock.now());
    await openMetricsServer(common, { life, log, metrics, health });
  }
  const table = programTable(definition);
  const connections = new Connections({
    lookup: (key) => optionText(table, reloader.options, reloader.config, key),
    lifetimeMs: () => live().connectionLifetime,
    onNotify: () => sleeper.notify(),
    // A daemon ends its batch.
    isCutShort: settings.isOneShot,
    ...{ env, log, clock, applicationName: jobName, signal: stopper.signal },
  });
  await life.onClose("connections", () => connections.closeAll());

  const stats = new Stats(log, metrics);
  const ready = (): void => {
    health.started();
    child.ready();
  };
  return {
    ...{ name: definition.name, jobName, args: settings.args, isDaemon: child.isDaemon },
    ...{ env, clock, log, stats, metrics, health, connections, life, ready, signal: stopper.signal },
    ...{ screen: world, flagsGiven: Object.keys(line.flags), isQuiet: line.isQuiet },
    get options() {
      return reloader.options;
    },
    get config() {
      return reloader.config;
    },
    onReload: (listener) => reloader.onReload(listener),
    wake: () => sleeper.wake(),
    notify: () => sleeper.notify(),
    retry: (work) => retrySql(work, { settings: live, log, clock, signal: stopper.signal }),
    async loop(work, options) {
      ready();
      reloader.isDeferred = true;
      const host = { jobName, log, clock, signal: stopper.signal, stats, metrics, health, connections, sleeper };
      const reloadIfAsked = (): Promise<void> => reloader.reloadIfAsked();
      try {
        await runLoop({ ...host, settings: live, reloadIfAsked }, work, options);
      } finally {
        reloader.isDeferred = false;
      }
    },
  };
}

/** What comes out of the program is logged here; the status tells who started it. */
async function runToEnd<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  service: Service<ProgramOptions<T>>,
  child: DaemonChild,
  isOneShot: boolean,
): Promise<number> {
  const { log, jobName, stats } = service;
  try {
    const status = await definition.run(service);
    stats.send();
    child.ready();
    return status ?? exitStatus.done;
  } catch (error) {
    stats.send();
    const isStopped = service.signal.aborted && error instanceof SkytoolsError && error.code === "ABORTED";
    // Whoever goes on behind a command must not take it for done.
    if (isStopped && !isOneShot) return exitStatus.done;
    const { text, fields, status } = failureReport(jobName, error);
    log.error(fields, text);
    child.failed(`${text}\n`, status);
    return status;
  }
}

/** Held until the end of the process, also when that comes at once. */
async function holdPidfile(path: string, life: LifeCycle, log: Logger): Promise<void> {
  const pidfile = acquirePidfile(path, { onStale: () => log.info({}, "Ignoring stale pidfile") });
  const release = (): void => pidfile.release();
  process.on("exit", release);
  await life.onClose("pidfile", () => {
    release();
    process.off("exit", release);
  });
}

/** An error that nobody caught leaves the program in an unknown state: it is logged, and the program ends. */
function handleCrashes(source: ProgramWorld["process"], jobName: string, log: Logger): () => void {
  const crash = (error: unknown): void => {
    const { text, fields } = failureReport(jobName, error);
    log.error(fields, text);
    source.exit(exitStatus.failed);
  };
  source.on("uncaughtException", crash);
  source.on("unhandledRejection", crash);
  return () => {
    source.off("uncaughtException", crash);
    source.off("unhandledRejection", crash);
  };
}

/** Keeps the process while a program waits for something that does not: without it Node would just leave. */
function stayAlive(): () => void {
  const timer = setInterval(() => undefined, 2 ** 30);
  return () => clearInterval(timer);
}

interface WindowParts {
  readonly life: LifeCycle;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
}

async function openMetricsServer(
  { metricsPort, metricsAddress: address }: ServiceValues,
  { life, log, metrics, health }: WindowParts,
): Promise<void> {
  if (metricsPort === null) return;
  const server = await life.use("metrics", startMetricsServer({ address, port: metricsPort, metrics, health }));
  log.info({ address, port: server.port }, "metrics and health can be read");
}

function describeJob(metrics: Metrics, version: string, nowMs: number): void {
  metrics.gauge({ name: "skytools_job_info", help: "always 1", labels: ["version"] }).set({ version }, 1);
  metrics.gauge({ name: "skytools_job_start_time_seconds", help: "start of the job since 1970" }).set(nowMs / 1000);
}

/** A key's text, from wherever the option's value came; keys that are no options come from the file. */
function optionText(table: OptionTable, options: object, config: Config, name: string): string | undefined {
  const found = Object.entries(table).find(([, option]) => option.name === name);
  if (found === undefined) return config.maybe(name);
  const value = (options as Readonly<Record<string, unknown>>)[found[0]];
  return typeof value === "string" ? value : undefined;
}
