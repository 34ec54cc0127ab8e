// The loop that ticks one database: does what the state asks for, and lets nextStep decide what comes of it.
import { reasonOf, SkytoolsError } from "../errors/index.ts";
import {
  endSession,
  haveEvents,
  readSessionId,
  readTickerFacts,
  readVacuumHorizon,
  readVersion,
  type SessionId,
  tryTickerLock,
} from "../pgq/index.ts";
import { dueForRetry } from "./bad-queues.ts";
import { logNotes } from "./notes.ts";
import { QUIET_AFTER_MS } from "./pace.ts";
import { makePass } from "./pass.ts";
import { HORIZON_PERIOD_MS } from "./restraint.ts";
import type { TickerSession } from "./session.ts";
import type { Site, SiteStatus } from "./site.ts";
import { initialState, nextStep, type Outcome, type TickerState } from "./ticker-state.ts";
import { isOver, troubleOf } from "./trouble.ts";

/** A queue whose row somebody has locked counts as bad until it is free. */
const LOCK_TIMEOUT_MS = 2000;
/** How often the looks at the queues also ask for events that were set aside or delayed. */
const DUE_PERIOD_MS = 1000;
/** The one with the lock is among the oldest: the others only failed to get it. */
const LOST_KEPT = 100;

export class TickLoop {
  readonly #site: Site;
  #state: TickerState = initialState;
  #session: TickerSession | null = null;
  #sessionId: SessionId | null = null;
  /** Sessions that failed: the server may not have noticed, and keep the lock for one of them. */
  readonly #lostIds: SessionId[] = [];
  #lastPassAtMs: number | null = null;
  #askedDueAtMs = -Infinity;
  #askedHorizonAtMs = -Infinity;

  constructor(site: Site) {
    this.#site = site;
  }

  /** Ends when the site's signal is aborted. @throws TICKER_FAILING after as many failures as the settings allow */
  async run(): Promise<void> {
    const { signal, world, gate } = this.#site;
    try {
      while (!isOver(signal)) {
        const outcome = await this.#perform();
        if (isOver(signal)) return;
        const moment = { nowMs: world.clock.monotonicMs(), chance: world.clock.random() };
        const { state, pauseMs, closes, notes } = nextStep(this.#state, outcome, world.settings(), moment);
        logNotes(this.#site, notes);
        this.#state = state;
        gate.set(state.standing === "ticking");
        if (outcome.kind === "failed") this.#rememberLost();
        if (closes) await this.#close();
        this.#giveUpMaybe();
        await world.clock.sleep(pauseMs, signal);
      }
    } finally {
      gate.set(false);
      await this.#close();
    }
  }

  status(): SiteStatus {
    const { standing, version, failures, lastMessage, badQueues } = this.#state;
    return {
      database: this.#site.database,
      standing,
      version,
      failures,
      lastError: lastMessage,
      badQueues: badQueues.map(({ queue }) => queue),
      lastPassMs: this.#lastPassAtMs === null ? null : this.#site.world.clock.monotonicMs() - this.#lastPassAtMs,
      counters: this.#site.counters,
    };
  }

  async #perform(): Promise<Outcome> {
    try {
      return await this.#doPhase();
    } catch (error) {
      this.#site.counters.errors += 1;
      return { kind: "failed", trouble: troubleOf(error), message: reasonOf(error) };
    }
  }

  async #doPhase(): Promise<Outcome> {
    if (this.#state.phase === "connect" || this.#session === null) {
      await this.#close();
      this.#session = await this.#site.openSession("ticker", {
        statementTimeoutMs: this.#site.world.settings().statementTimeoutMs,
        lockTimeoutMs: LOCK_TIMEOUT_MS,
        // A tick need not wait for the disk. The log is flushed in its order: the commit of next_batch, which hands the tick
        // to a consumer, comes later in the log and flushes the tick too. So what a crash takes was used by nobody whose
        // commit is safe. The same holds for the number of the tick when it is drawn again: the log of its sequence comes
        // before the tick. The events are there, and are in the next tick.
        synchronousCommit: "off",
      });
      return { kind: "connected" };
    }
    switch (this.#state.phase) {
      case "inspect":
        return await this.#inspect(this.#session);
      case "claim":
        return { kind: (await this.#claim(this.#session)) ? "claimed" : "taken" };
      case "tick":
        return await this.#tick(this.#session);
    }
  }

  async #inspect(session: TickerSession): Promise<Outcome> {
    this.#sessionId = await readSessionId(session);
    const facts = await readTickerFacts(session);
    this.#site.facts = facts;
    const version = facts.hasSchema && !facts.isInRecovery ? await readVersion(session) : null;
    return { kind: "inspected", facts, version };
  }

  async #claim(session: TickerSession): Promise<boolean> {
    const isClaimed = await tryTickerLock(session);
    if (!isClaimed) for (const lost of this.#lostIds) await endSession(session, lost);
    this.#lostIds.length = 0;
    return isClaimed;
  }

  #rememberLost(): void {
    if (this.#sessionId === null) return;
    this.#lostIds.push(this.#sessionId);
    if (this.#lostIds.length > LOST_KEPT) this.#lostIds.shift();
  }

  async #tick(session: TickerSession): Promise<Outcome> {
    const { world, counters, dueAlarm, facts } = this.#site;
    if (facts === null) throw new Error("ticking before inspecting");
    const startMs = world.clock.monotonicMs();
    const withDue = startMs - this.#askedDueAtMs >= DUE_PERIOD_MS;
    if (withDue) this.#askedDueAtMs = startMs;
    const bad = this.#state.badQueues;
    const { ticks, dueInMs, failed, recovered } = await makePass(session, {
      facts: { ...facts, hasTickerNow: facts.hasTickerNow && world.settings().fastPeriodMs > 0 },
      bad: bad.map(({ queue }) => queue),
      retried: dueForRetry(bad, startMs),
      withDue,
    });
    if (dueInMs !== null && dueInMs < DUE_PERIOD_MS) dueAlarm.ring(Math.max(0, dueInMs));
    // Where nothing happens, no dead rows come either.
    const asksHorizon = ticks.length > 0 && startMs - this.#askedHorizonAtMs >= HORIZON_PERIOD_MS;
    const tickedAtMs = world.clock.monotonicMs();
    const horizon = asksHorizon ? await readVacuumHorizon(session) : undefined;
    if (asksHorizon) this.#askedHorizonAtMs = startMs;
    counters.ticks += 1;
    const isActive = ticks.length > 0 && (!this.#isQuiet(startMs) || (await haveEvents(session, ticks)));
    counters.ticksMade += ticks.length;
    counters.errors += failed.length;
    this.#lastPassAtMs = world.clock.monotonicMs();
    const seen = horizon === undefined ? {} : { horizon };
    return { kind: "ticked", isActive, failed, recovered, tookMs: tickedAtMs - startMs, ...seen };
  }

  /** Under traffic every tick has events; only while it is quiet it is worth to ask. */
  #isQuiet(nowMs: number): boolean {
    return nowMs - this.#state.activeAtMs >= QUIET_AFTER_MS;
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.#sessionId = null;
    await session?.close();
  }

  #giveUpMaybe(): void {
    const { failures, lastMessage } = this.#state;
    const limit = this.#site.world.settings().exitAfterFailures;
    if (limit === 0 || failures < limit) return;
    throw new SkytoolsError(
      "TICKER_FAILING",
      this.#site.line(`failed ${failures} times in a row: ${lastMessage ?? ""}`),
      {
        hint: "the option exit_after_failures asks for this end",
      },
    );
  }
}
