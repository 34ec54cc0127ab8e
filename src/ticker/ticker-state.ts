// What the loop of one database does next. Pure: a state and what came of the last step give the next state, a pause
// and what there is to say.
//
//   connect --> inspect --> claim --> tick --+
//      ^           |          |        ^     |
//      |           |  taken:  +--+     +-----+
//      |           |  again   <--+
//      |           +-- standby server: again
//      +-- failed, no PgQ, connection too old
import { backoffMs } from "../clock/index.ts";
import type { TickerFacts, VacuumHorizon } from "../pgq/index.ts";
import { type BadQueue, rememberBadQueues } from "./bad-queues.ts";
import { lookPauseMs } from "./pace.ts";
import { noRestraint, type Restraint, restrain } from "./restraint.ts";
import type { TickerSettings } from "./settings.ts";
import type { Trouble } from "./trouble.ts";

export type Phase = "connect" | "inspect" | "claim" | "tick";

/** What came of a step. */
export type Outcome =
  | { readonly kind: "connected" }
  | { readonly kind: "inspected"; readonly facts: TickerFacts; readonly version: string | null }
  | { readonly kind: "claimed" }
  | { readonly kind: "taken" }
  | {
      readonly kind: "ticked";
      /** There were ticks with events. Ticks that only tell the time are no activity. */
      readonly isActive: boolean;
      readonly tookMs: number;
      readonly failed: readonly QueueFailure[];
      /** When it was asked for. */
      readonly horizon?: VacuumHorizon;
      /** Bad queues that were tried again, and ticked. */
      readonly recovered: readonly string[];
    }
  | { readonly kind: "failed"; readonly trouble: Trouble; readonly message: string };

export interface QueueFailure {
  readonly queue: string;
  readonly message: string;
}

/** Why a database has no ticks of ours, or "ticking". */
export type Standing = "starting" | "ticking" | "stand-by" | "no pgq" | "bad version" | "in recovery" | "failing";

export interface TickerState {
  readonly phase: Phase;
  readonly standing: Standing;
  readonly facts: TickerFacts | null;
  readonly version: string | null;
  /** Failures in a row. */
  readonly failures: number;
  readonly lastMessage: string | null;
  readonly connectedAtMs: number;
  readonly inspectedAtMs: number;
  /** When there were ticks with events last. */
  readonly activeAtMs: number;
  readonly badQueues: readonly BadQueue[];
  readonly restraint: Restraint;
}

/** What an operator wants to know. */
export type Note =
  | { readonly kind: "version ok" | "bad version"; readonly version: string }
  | { readonly kind: "no pgq" | "in recovery" | "stand-by" | "took over" | "restrained" }
  | { readonly kind: "queue bad"; readonly queue: string; readonly message: string }
  | { readonly kind: "queue well"; readonly queue: string }
  | { readonly kind: "failed"; readonly message: string; readonly pauseMs: number; readonly isRepeated: boolean };

export interface Step {
  readonly state: TickerState;
  readonly pauseMs: number;
  /** The connection is to be closed, if there is one. */
  readonly closes: boolean;
  readonly notes: readonly Note[];
}

export interface Moment {
  /** Monotonic. */
  readonly nowMs: number;
  /** A number from 0 to below 1. */
  readonly chance: number;
}

/** How soon a stand-by notices that it is its turn. */
export const STAND_BY_PERIOD_MS = 500;
/** How soon it is noticed that a standby server has become the primary. */
export const PROMOTION_PERIOD_MS = 1000;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 15_000;
/** The server answers, but not as it should: no use to ask quickly. */
const FIRST_STATEMENT_BACKOFF_MS = 1000;

export const initialState: TickerState = {
  phase: "connect",
  standing: "starting",
  facts: null,
  version: null,
  failures: 0,
  lastMessage: null,
  connectedAtMs: 0,
  inspectedAtMs: 0,
  activeAtMs: 0,
  badQueues: [],
  restraint: noRestraint,
};

export function nextStep(state: TickerState, outcome: Outcome, settings: TickerSettings, moment: Moment): Step {
  switch (outcome.kind) {
    case "connected":
      return go({ ...state, phase: "inspect", connectedAtMs: moment.nowMs });
    case "inspected":
      return inspected(state, outcome.facts, outcome.version, settings, moment);
    case "claimed":
      return {
        ...go({
          ...state,
          phase: "tick",
          standing: "ticking",
          failures: 0,
          lastMessage: null,
          // a connection that is only too old is no reason to hurry
          activeAtMs: state.standing === "ticking" ? state.activeAtMs : moment.nowMs,
        }),
        notes: state.standing === "stand-by" ? [{ kind: "took over" }] : [],
      };
    case "taken":
      return {
        state: { ...state, standing: "stand-by", failures: 0, lastMessage: null },
        pauseMs: Math.min(STAND_BY_PERIOD_MS, settings.tickerPeriodMs),
        closes: false,
        notes: state.standing === "stand-by" ? [] : [{ kind: "stand-by" }],
      };
    case "ticked":
      return ticked(state, outcome, settings, moment);
    case "failed":
      return failed(state, outcome, settings, moment);
  }
}

function go(state: TickerState): Step {
  return { state, pauseMs: 0, closes: false, notes: [] };
}

function inspected(
  state: TickerState,
  facts: TickerFacts,
  version: string | null,
  settings: TickerSettings,
  { nowMs }: Moment,
): Step {
  const known = { ...state, facts, version, inspectedAtMs: nowMs };
  if (!facts.hasSchema) return leave(known, "no pgq", { kind: "no pgq" }, settings);
  if (facts.isInRecovery) return awaitPromotion(known, settings, nowMs);
  // Source: pgqd 3.5 looks at the first character only; no row counts as too old.
  if (version === null || version.slice(0, 1) < "3") {
    return leave(known, "bad version", { kind: "bad version", version: version ?? "none" }, settings);
  }
  const isNews = state.version !== version || state.standing !== "ticking";
  return { ...go({ ...known, phase: "claim" }), notes: isNews ? [{ kind: "version ok", version }] : [] };
}

/**
 * A standby server cannot tick; it may become the primary any time. Now and then it is left: another server may be the
 * primary under the same name.
 */
function awaitPromotion(state: TickerState, { checkPeriodMs }: TickerSettings, nowMs: number): Step {
  const leaves = nowMs - state.connectedAtMs >= checkPeriodMs;
  return {
    state: {
      ...state,
      ...{ phase: leaves ? "connect" : "inspect", standing: "in recovery" },
      ...{ failures: 0, lastMessage: null, badQueues: [] },
    },
    pauseMs: Math.min(PROMOTION_PERIOD_MS, checkPeriodMs),
    closes: leaves,
    notes: state.standing === "in recovery" ? [] : [{ kind: "in recovery" }],
  };
}

function leave(state: TickerState, standing: Standing, note: Note, { checkPeriodMs }: TickerSettings): Step {
  return {
    state: { ...state, phase: "connect", standing, failures: 0, lastMessage: null, badQueues: [] },
    pauseMs: checkPeriodMs,
    closes: true,
    notes: state.standing === standing ? [] : [note],
  };
}

function ticked(
  state: TickerState,
  { isActive, tookMs, horizon, failed: bad, recovered }: Extract<Outcome, { kind: "ticked" }>,
  settings: TickerSettings,
  { nowMs }: Moment,
): Step {
  const activeAtMs = isActive ? nowMs : state.activeAtMs;
  const isOld = nowMs - state.connectedAtMs >= settings.connectionLifetimeMs;
  // The C extension may be taken over by our schema while we tick it.
  const looksAgain = state.facts?.hasTickerNow !== true && nowMs - state.inspectedAtMs >= settings.checkPeriodMs;
  const { tickerPeriodMs } = settings;
  const restraint = horizon === undefined ? state.restraint : restrain(state.restraint, horizon, tickerPeriodMs, nowMs);
  const isFast = state.facts?.hasTickerNow === true && settings.fastPeriodMs > 0;
  const fastPeriodMs = isFast ? Math.max(settings.fastPeriodMs, restraint.pauseMs) : 0;
  const pace = { quietMs: nowMs - activeAtMs, passMs: tookMs, fastPeriodMs, tickerPeriodMs };
  return {
    state: {
      ...state,
      phase: isOld ? "connect" : looksAgain ? "inspect" : "tick",
      failures: 0,
      lastMessage: null,
      activeAtMs,
      restraint,
      badQueues: rememberBadQueues(state.badQueues, bad, recovered, nowMs),
    },
    pauseMs: isOld ? 0 : lookPauseMs(pace),
    closes: isOld,
    notes: [
      ...(restraint.pauseMs > 0 && state.restraint.pauseMs === 0 ? [{ kind: "restrained" } as const] : []),
      ...bad.map((failure): Note => ({ kind: "queue bad", ...failure })),
      ...recovered.map((queue): Note => ({ kind: "queue well", queue })),
    ],
  };
}

function failed(
  state: TickerState,
  { trouble, message }: Extract<Outcome, { kind: "failed" }>,
  settings: TickerSettings,
  { chance }: Moment,
): Step {
  const failures = state.failures + 1;
  const pauseMs = failurePauseMs(trouble, failures, settings, chance);
  const isRepeated = state.lastMessage === message;
  return {
    state: { ...state, phase: "connect", standing: "failing", failures, lastMessage: message },
    pauseMs,
    closes: true,
    notes: [{ kind: "failed", message, pauseMs, isRepeated }],
  };
}

function failurePauseMs(trouble: Trouble, failures: number, { checkPeriodMs }: TickerSettings, chance: number): number {
  switch (trouble) {
    case "lost":
      // a server that was restarted, or a session that was ended, is there again at once
      return failures === 1 ? 0 : backoffMs(FIRST_BACKOFF_MS, failures - 1, chance, LONGEST_BACKOFF_MS);
    case "denied":
      return checkPeriodMs;
    case "statement":
      return backoffMs(FIRST_STATEMENT_BACKOFF_MS, failures, chance, LONGEST_BACKOFF_MS);
  }
}
