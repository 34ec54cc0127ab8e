// The loop of programs that look for work again and again. Source: spec of the framework, chapters 1 and 5.
//
//   reload if asked -> pass -> statistics -> more work: at once; nothing to do: loop_delay; error: exception_sleep
//
// loop_delay 0 ends the loop when there is nothing to do, below 0 after one pass; then errors come out.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connections } from "../connections/connections.ts";
import type { Logger } from "../logging/logger.ts";
import type { Health } from "../metrics/health.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { ErrorReport, type QuietRules } from "./error-report.ts";
import type { Sleeper } from "./sleeper.ts";
import type { Stats } from "./stats.ts";

/** 1: the last pass had work; 0: it had none; -1: it failed. */
export type WorkState = 1 | 0 | -1;

export interface LoopSettings {
  readonly loopDelay: number;
  readonly exceptionSleep: number;
  readonly exceptionQuiet: readonly string[];
  readonly exceptionGrace: number;
  readonly exceptionReset: number;
}

export interface LoopHost {
  readonly jobName: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stats: Stats;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly connections: Connections;
  readonly sleeper: Sleeper;
  /** The present ones: a reload changes them. */
  readonly settings: () => LoopSettings;
  /** Does what a signal asked for since the last pass. */
  readonly reloadIfAsked: () => Promise<void>;
}

export interface PassContext {
  readonly signal: AbortSignal;
  /** How the pass before ended; 0 in the first one. */
  readonly workState: WorkState;
  /** Failures in a row. */
  readonly failures: number;
}

/** One pass; true: there may be more to do. */
export type Work = (pass: PassContext) => Promise<boolean>;

export interface LoopOptions {
  /** Pause after an error instead of exception_sleep, milliseconds. */
  readonly failureDelayMs?: (failures: number) => number;
  /** Called about every loop_delay in the pause after an error; true ends the pause. Must not throw. */
  readonly whilePausing?: () => Promise<boolean>;
  /** After this error no further pass is made; it comes out. */
  readonly isFinal?: (error: unknown) => boolean;
}

/** Returns when the signal was aborted, or by loop_delay. @throws what work throws, when it does not loop; WRONG_USE always */
export async function runLoop(host: LoopHost, work: Work, options: LoopOptions = {}): Promise<void> {
  const report = new ErrorReport(host.jobName, host.log, host.clock);
  const passes = host.metrics.counter(PASSES);
  let workState: WorkState = 0;
  let failures = 0;
  host.health.report("loop", () => ({
    ...{ isHealthy: true, isReady: failures === 0 },
    ...(failures === 0 ? {} : { detail: `${failures} failed passes in a row` }),
  }));
  while (!host.signal.aborted) {
    await host.reloadIfAsked();
    try {
      workState = (await work({ signal: host.signal, workState, failures })) ? 1 : 0;
      failures = 0;
      host.stats.send();
      report.success(quietRules(host));
      await host.connections.closeOld();
    } catch (error) {
      host.stats.send();
      await host.connections.closeAll();
      if (isStop(error, host.signal)) return;
      if (error instanceof SkytoolsError && error.code === "WRONG_USE") throw error;
      if (host.settings().loopDelay <= 0 || options.isFinal?.(error) === true) throw error;
      workState = -1;
      failures += 1;
      report.failure(error, quietRules(host));
    }
    passes.inc({ result: RESULTS[workState] });
    const { failureDelayMs, whilePausing } = options;
    if (await isOver(host, workState, { delayMs: failureDelayMs?.(failures), whilePausing })) return;
  }
}

function isStop(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error instanceof SkytoolsError && error.code === "ABORTED";
}

const PASSES = {
  name: "skytools_job_passes_total",
  help: "passes of the job's loop by their result",
  labels: ["result"],
} as const;
const SHORTEST_SLICE_MS = 100;
const RESULTS = { [1]: "work", [0]: "idle", [-1]: "error" } as const;

interface FailurePause {
  readonly delayMs: number | undefined;
  readonly whilePausing: LoopOptions["whilePausing"];
}

/** Sleeps what is due; true when the loop ends. */
async function isOver(host: LoopHost, workState: WorkState, failure: FailurePause): Promise<boolean> {
  const { loopDelay, exceptionSleep } = host.settings();
  if (host.signal.aborted || loopDelay < 0) return true;
  if (workState === -1) await pause(host, failure.delayMs ?? exceptionSleep, failure.whilePausing);
  else if (workState === 0 && loopDelay === 0) return true;
  else if (workState === 0) await host.sleeper.sleep(loopDelay);
  return false;
}

async function pause(host: LoopHost, ms: number, look: LoopOptions["whilePausing"]): Promise<void> {
  if (look === undefined) {
    await host.sleeper.pause(ms);
    return;
  }
  const endMs = host.clock.now() + ms;
  for (let leftMs = ms; leftMs > 0; leftMs = endMs - host.clock.now()) {
    const sliceMs = Math.min(leftMs, Math.max(host.settings().loopDelay, SHORTEST_SLICE_MS));
    // a stop wakes too
    if (await host.sleeper.pause(sliceMs)) return;
    if (await look()) return;
  }
}

function quietRules(host: LoopHost): QuietRules {
  const { exceptionQuiet, exceptionGrace, exceptionReset } = host.settings();
  return { names: exceptionQuiet, graceMs: exceptionGrace, resetMs: exceptionReset };
}
