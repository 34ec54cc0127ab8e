// Every phase of the loop with every outcome: where it goes, how long it waits, whether it keeps its connection.
import { describe, expect, test } from "vitest";
import type { TickerFacts } from "../../../src/pgq/index.ts";
import { defaultSettings } from "../../../src/ticker/settings.ts";
import {
  initialState,
  nextStep,
  type Outcome,
  type Phase,
  type Standing,
  type TickerState,
} from "../../../src/ticker/ticker-state.ts";

const facts: TickerFacts = {
  hasSchema: true,
  isInRecovery: false,
  hasTickerNow: true,
  hasDelayedEvents: true,
  canSeeRetries: true,
};
const extension: TickerFacts = { ...facts, hasTickerNow: false, hasDelayedEvents: false };

const states: Readonly<Record<Phase, TickerState>> = {
  connect: initialState,
  inspect: { ...initialState, phase: "inspect" },
  claim: { ...initialState, phase: "claim", facts, version: "4.0" },
  tick: { ...initialState, phase: "tick", standing: "ticking", facts, version: "4.0", activeAtMs: 999_000 },
};

const ticked = { kind: "ticked", isActive: false, tookMs: 1, failed: [], recovered: [] } as const;
const lost: Outcome = { kind: "failed", trouble: "lost", message: "it broke" };
const denied: Outcome = { kind: "failed", trouble: "denied", message: "go away" };
const wrong: Outcome = { kind: "failed", trouble: "statement", message: "no such thing" };
const inspected = (changed: Partial<TickerFacts>, version: string | null): Outcome => ({
  kind: "inspected",
  facts: { ...facts, ...changed },
  version,
});

function step(state: TickerState, outcome: Outcome, nowMs = 1_000_000) {
  return nextStep(state, outcome, defaultSettings, { nowMs, chance: 1 });
}

interface Row {
  readonly phase: Phase;
  readonly what: string;
  readonly outcome: Outcome;
  readonly next: Phase;
  readonly standing: Standing;
  readonly pauseMs: number;
  readonly closes?: true;
  readonly notes?: readonly string[];
}

const failing = { next: "connect", standing: "failing", closes: true, notes: ["failed"] } as const;
const leaving = { phase: "inspect", next: "connect", pauseMs: 60_000, closes: true } as const;
const ticking = { phase: "tick", next: "tick", standing: "ticking" } as const;
const badQueue = { queue: "q", message: "bad" };

const table: readonly Row[] = [
  { phase: "connect", what: "done", outcome: { kind: "connected" }, next: "inspect", standing: "starting", pauseMs: 0 },
  {
    ...{ phase: "inspect", what: "all is well", outcome: inspected({}, "4.0") },
    ...{ next: "claim", standing: "starting", pauseMs: 0, notes: ["version ok"] },
  },
  { ...leaving, what: "no PgQ", outcome: inspected({ hasSchema: false }, null), standing: "no pgq", notes: ["no pgq"] },
  {
    ...{ ...leaving, what: "a standby server", outcome: inspected({ isInRecovery: true }, null) },
    ...{ standing: "in recovery", pauseMs: 1000, notes: ["in recovery"] },
  },
  { ...leaving, what: "an old PgQ", outcome: inspected({}, "2.1"), standing: "bad version", notes: ["bad version"] },
  { ...leaving, what: "no version", outcome: inspected({}, null), standing: "bad version", notes: ["bad version"] },
  { phase: "claim", what: "it is ours", outcome: { kind: "claimed" }, next: "tick", standing: "ticking", pauseMs: 0 },
  {
    ...{ phase: "claim", what: "somebody has it", outcome: { kind: "taken" } },
    ...{ next: "claim", standing: "stand-by", pauseMs: 500, notes: ["stand-by"] },
  },
  { ...ticking, what: "nothing to do", outcome: ticked, pauseMs: 125 },
  { ...ticking, what: "there were events", outcome: { ...ticked, isActive: true }, pauseMs: 19 },
  {
    ...{ ...ticking, what: "a queue failed", outcome: { ...ticked, isActive: true, failed: [badQueue] } },
    ...{ pauseMs: 19, notes: ["queue bad"] },
  },
  {
    ...{ ...ticking, what: "a queue recovered", outcome: { ...ticked, isActive: true, recovered: ["q"] } },
    ...{ pauseMs: 19, notes: ["queue well"] },
  },
  { ...failing, phase: "connect", what: "connection lost", outcome: lost, pauseMs: 0 },
  { ...failing, phase: "inspect", what: "connection lost", outcome: lost, pauseMs: 0 },
  { ...failing, phase: "claim", what: "connection lost", outcome: lost, pauseMs: 0 },
  { ...failing, phase: "tick", what: "connection lost", outcome: lost, pauseMs: 0 },
  { ...failing, phase: "connect", what: "denied", outcome: denied, pauseMs: 60_000 },
  { ...failing, phase: "inspect", what: "a wrong statement", outcome: wrong, pauseMs: 1000 },
  { ...failing, phase: "claim", what: "a wrong statement", outcome: wrong, pauseMs: 1000 },
  { ...failing, phase: "tick", what: "a wrong statement", outcome: wrong, pauseMs: 1000 },
];

describe("the loop of a database", () => {
  test.each(table)("in $phase: $what", ({ phase, outcome, next, standing, pauseMs, closes = false, notes = [] }) => {
    const result = step(states[phase], outcome);

    expect(result).toMatchObject({ pauseMs, closes, state: { phase: next, standing } });
    expect(result.notes.map(({ kind }) => kind)).toEqual(notes);
  });

  test("pauses after lost connections: none, then doubling from a quarter of a second to 15 seconds", () => {
    const pauses: number[] = [];
    let state = states.tick;
    while (pauses.length < 10) {
      const result = step(state, lost);
      pauses.push(result.pauseMs);
      state = result.state;
    }

    expect(pauses).toEqual([0, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  test("the same failure again is said to be a repetition, another one is not", () => {
    const first = step(states.tick, lost);
    const second = step(first.state, lost);
    const third = step(second.state, denied);

    expect([first, second, third].map(({ notes }) => notes[0])).toMatchObject([
      { isRepeated: false },
      { isRepeated: true },
      { isRepeated: false },
    ]);
  });

  test("a look that succeeds ends the count of failures", () => {
    const failed = step(states.tick, lost).state;
    const again: readonly Outcome[] = [{ kind: "connected" }, inspected({}, "4.0"), { kind: "claimed" }, ticked];

    const end = again.reduce((state, outcome) => step(state, outcome).state, failed);

    expect(end).toMatchObject({ phase: "tick", standing: "ticking", failures: 0, lastMessage: null });
  });

  test("an old connection is closed after a look, and the next one is made at once", () => {
    const old = { ...states.tick, connectedAtMs: 1_000_000 - defaultSettings.connectionLifetimeMs };

    expect(step(old, ticked)).toMatchObject({
      pauseMs: 0,
      closes: true,
      state: { phase: "connect", standing: "ticking" },
    });
  });

  test("a new connection for an old one does not make a quiet ticker busy; one after a failure does", () => {
    const quiet = { ...states.tick, activeAtMs: 0 };
    const looked = (from: TickerState) =>
      step(step(step(from, { kind: "connected" }).state, { kind: "claimed" }).state, ticked).pauseMs;

    expect([looked(quiet), looked(step(quiet, lost).state)]).toEqual([1000, 19]);
  });

  test("the C extension is ticked at its own pace, and looked at again: it may be replaced", () => {
    const state = { ...states.tick, facts: extension, inspectedAtMs: 1_000_000 - 60_000 };

    expect(step(state, { ...ticked, isActive: true })).toMatchObject({
      pauseMs: 1000,
      closes: false,
      state: { phase: "inspect" },
    });
    expect(step(state, ticked, 999_000)).toMatchObject({ pauseMs: 1000, state: { phase: "tick" } });
  });

  test("a standby server is asked over one connection until it is the primary; now and then another server is", () => {
    const fresh = { ...states.inspect, connectedAtMs: 970_000 };
    const waiting = step(fresh, inspected({ isInRecovery: true }, null));
    const promoted = step(waiting.state, inspected({}, "4.0"));
    const tooLong = step(waiting.state, inspected({ isInRecovery: true }, null), 1_030_000);

    expect(waiting).toMatchObject({ closes: false, state: { phase: "inspect", standing: "in recovery" } });
    expect(promoted).toMatchObject({ closes: false, pauseMs: 0, state: { phase: "claim" } });
    expect(tooLong).toMatchObject({ closes: true, notes: [], state: { phase: "connect", standing: "in recovery" } });
  });

  test("a stand-by says so once, and says when it takes over", () => {
    const first = step(states.claim, { kind: "taken" });
    const second = step(first.state, { kind: "taken" });
    const claimed = step(second.state, { kind: "claimed" });

    expect([first, second, claimed].map(({ notes }) => notes)).toEqual([
      [{ kind: "stand-by" }],
      [],
      [{ kind: "took over" }],
    ]);
  });
});
