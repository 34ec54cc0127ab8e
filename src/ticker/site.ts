// What the loops of one database share.
import type { MonotonicClock } from "../clock/index.ts";
import type { TickerFacts } from "../pgq/index.ts";
import type { Environment } from "../postgres/index.ts";
import type { Logger } from "../service/index.ts";
import { Alarm, Gate } from "./alarm.ts";
import { TickerSession } from "./session.ts";
import type { TickerSettings } from "./settings.ts";
import type { Standing } from "./ticker-state.ts";

export interface Counters {
  /** Looks at the queues. */
  ticks: number;
  /** Ticks made. */
  ticksMade: number;
  /** Complete maintenance runs. */
  maint: number;
  /** Events that came back from the retry queue. */
  retry: number;
  /** Delayed events that were put into their queues. */
  delayed: number;
  /** Failures of any loop. */
  errors: number;
}

export interface TickerWorld {
  readonly clock: MonotonicClock;
  readonly log: Logger;
  readonly env: Environment;
  /** The present ones: they may be replaced while the loops run. */
  readonly settings: () => TickerSettings;
}

export interface SiteStatus {
  readonly database: string;
  readonly standing: Standing;
  readonly version: string | null;
  /** Failures in a row. */
  readonly failures: number;
  readonly lastError: string | null;
  readonly badQueues: readonly string[];
  /** Since the last look at the queues that succeeded; null: none yet. */
  readonly lastPassMs: number | null;
  readonly counters: Readonly<Counters>;
}

export interface SessionLimits {
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly synchronousCommit?: "off";
}

export class Site {
  readonly database: string;
  readonly world: TickerWorld;
  readonly signal: AbortSignal;
  /** Open while this process holds the database's lock. */
  readonly gate = new Gate();
  /** Rings when an event that was set aside or delayed is due. */
  readonly dueAlarm: Alarm;
  readonly counters: Counters = { ticks: 0, ticksMade: 0, maint: 0, retry: 0, delayed: 0, errors: 0 };
  facts: TickerFacts | null = null;

  constructor(database: string, world: TickerWorld, signal: AbortSignal) {
    this.database = database;
    this.world = world;
    this.signal = signal;
    this.dueAlarm = new Alarm(world.clock);
  }

  /** `[db]: text`; control characters of the name are shown as ?. */
  line(text: string): string {
    return `[${this.database.replaceAll(/[\u0000-\u001f\u007f]/g, "?")}]: ${text}`;
  }

  openSession(purpose: string, limits: SessionLimits): Promise<TickerSession> {
    const { clock, env, log, settings } = this.world;
    return TickerSession.open({
      ...limits,
      target: settings().target,
      database: this.database,
      env,
      clock,
      log,
      applicationName: `pgqd ${purpose}`,
      signal: this.signal,
    });
  }
}
