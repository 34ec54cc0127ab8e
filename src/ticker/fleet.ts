// All databases of a ticker: starts and stops their loops as the list of databases changes.
import { reasonOf } from "../errors/index.ts";
import { backoffMs } from "../clock/index.ts";
import { Alarm } from "./alarm.ts";
import { compareLists, findDatabases } from "./discovery.ts";
import { runMaintenance } from "./maintenance.ts";
import { runMover } from "./mover.ts";
import { type Counters, Site, type SiteStatus, type TickerWorld } from "./site.ts";
import { addCounters, noCounters } from "./stats.ts";
import { TickLoop } from "./tick-loop.ts";
import { isOver } from "./trouble.ts";

interface Member {
  readonly loop: TickLoop;
  readonly site: Site;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** The state of discovery, for health answers. */
export interface DiscoveryStatus {
  /** Null: all is well. */
  readonly lastError: string | null;
  readonly failures: number;
  /** The list of databases is known. */
  readonly isKnown: boolean;
}

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 15_000;

export class Fleet {
  readonly #world: TickerWorld;
  readonly #members = new Map<string, Member>();
  readonly #alarm: Alarm;
  #gone: Counters = noCounters();
  #discovery: DiscoveryStatus = { lastError: null, failures: 0, isKnown: false };
  #fail: (error: unknown) => void = () => undefined;

  constructor(world: TickerWorld) {
    this.#world = world;
    this.#alarm = new Alarm(world.clock);
  }

  /** Works until the signal is aborted; all loops have ended then. @throws TICKER_FAILING */
  async run(signal: AbortSignal): Promise<void> {
    const failure = new Promise<never>((_, reject) => (this.#fail = reject));
    failure.catch(() => undefined); // looked at below
    const stop = new AbortController();
    const watching = this.#watch(AbortSignal.any([signal, stop.signal]));
    try {
      await Promise.race([watching, failure]);
    } finally {
      stop.abort();
      await watching;
      await Promise.all([...this.#members.keys()].map((name) => this.#remove(name)));
    }
  }

  /** Looks at the list of databases again, now: after a reload. */
  refresh(): void {
    this.#alarm.ring(0);
  }

  statuses(): readonly SiteStatus[] {
    return [...this.#members.values()].map(({ loop }) => loop.status());
  }

  /** The databases that this process ticks. */
  tickedSites(): readonly Site[] {
    return [...this.#members.values()].map(({ site }) => site).filter(({ gate }) => gate.isOpen);
  }

  get discovery(): DiscoveryStatus {
    return this.#discovery;
  }

  /** Sums since the start, databases that are gone included. */
  totals(): Counters {
    return [...this.#members.values()].reduce((sum, { site }) => addCounters(sum, site.counters), this.#gone);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    let wasDiscovering = false;
    while (!isOver(signal)) {
      const { databases, checkPeriodMs } = this.#world.settings();
      const isDiscovering = databases === null;
      if (isDiscovering && !wasDiscovering) this.#world.log.info({}, "auto-detecting dbs ...");
      wasDiscovering = isDiscovering;
      const wanted = databases ?? (await this.#find(signal));
      if (isOver(signal)) return;
      if (wanted !== null) await this.#adopt(wanted);
      await this.#alarm.sleep(wanted === null ? this.#failurePauseMs() : checkPeriodMs, signal);
    }
  }

  /** Null when the list cannot be read: what is known goes on. */
  async #find(signal: AbortSignal): Promise<readonly string[] | null> {
    try {
      return await findDatabases(this.#world, signal);
    } catch (error) {
      if (isOver(signal)) return null;
      const message = reasonOf(error);
      const level = message === this.#discovery.lastError ? "debug" : "error";
      this.#world.log[level]({}, `cannot list databases: ${message}`);
      this.#discovery = { ...this.#discovery, lastError: message, failures: this.#discovery.failures + 1 };
      return null;
    }
  }

  async #adopt(wanted: readonly string[]): Promise<void> {
    this.#discovery = { lastError: null, failures: 0, isKnown: true };
    const { added, removed } = compareLists([...this.#members.keys()], wanted);
    for (const name of removed) {
      this.#world.log.info({}, `Unregister database: [${name}]`);
      await this.#remove(name);
    }
    for (const name of added) this.#members.set(name, this.#start(name));
  }

  #start(database: string): Member {
    const abort = new AbortController();
    const site = new Site(database, this.#world, abort.signal);
    const loop = new TickLoop(site);
    const loops = [loop.run(), runMaintenance(site), runMover(site)];
    const ended = Promise.all(loops.map((running) => running.catch((error: unknown) => this.#fail(error))));
    return { loop, site, abort, ended: ended.then(() => undefined) };
  }

  async #remove(name: string): Promise<void> {
    const member = this.#members.get(name);
    if (member === undefined) return;
    member.abort.abort();
    await member.ended;
    this.#members.delete(name);
    this.#gone = addCounters(this.#gone, member.site.counters);
  }

  #failurePauseMs(): number {
    const { failures } = this.#discovery;
    const { checkPeriodMs } = this.#world.settings();
    return Math.min(
      checkPeriodMs,
      backoffMs(FIRST_BACKOFF_MS, failures, this.#world.clock.random(), LONGEST_BACKOFF_MS),
    );
  }
}
