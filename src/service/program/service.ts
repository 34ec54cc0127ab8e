// What a running program is handed: its options, log, connections, numbers, and the loop.
import type { Clock } from "../../clock/index.ts";
import type { Screen } from "../../print/index.ts";
import type { Config } from "../config/config.ts";
import type { Connections } from "../connections/connections.ts";
import type { LifeCycle } from "../life-cycle.ts";
import type { Logger } from "../logging/logger.ts";
import type { Health } from "../metrics/health.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Stats } from "./stats.ts";
import type { LoopOptions, Work } from "./work-loop.ts";

export interface Service<O> {
  readonly name: string;
  readonly jobName: string;
  /** The present values: after a reload they are others. */
  readonly options: O;
  /** For keys that are not in the option table: open keys, other sections. */
  readonly config: Config;
  /** What followed the configuration file. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock: Clock;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly stats: Stats;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly connections: Connections;
  /** Closed after run(). */
  readonly life: LifeCycle;
  readonly isDaemon: boolean;
  /** Where results go; logs do not. */
  readonly screen: Screen;
  /** Names of the options that stood on the command line. */
  readonly flagsGiven: readonly string[];
  /** -q was given. */
  readonly isQuiet: boolean;
  /** The program has shown that it runs: /ready says yes, and who started it with -d may go. loop() calls it. */
  ready(): void;
  /** Called after a reload with values that were checked; what it throws is logged. Returns how to end it. */
  onReload(listener: (options: O) => Promise<void> | void): () => void;
  /** Runs passes as loop_delay says until the program is to stop. @throws what a pass throws when it does not loop */
  loop(work: Work, options?: LoopOptions): Promise<void>;
  /** Ends the pause between two passes. */
  wake(): void;
  /** There may be work: ends the pause after a pass without work, but not the one after an error. */
  notify(): void;
  /**
   * Runs `work`, and once more from its beginning when the database was lost in it: as often and as long as the keys
   * sql_retry_… say; with sql_retry off only once. So it must be safe to do twice: a commit whose answer was lost may
   * have happened. It asks connections.get() each time. @throws the last error
   */
  retry<R>(work: () => Promise<R>): Promise<R>;
}
