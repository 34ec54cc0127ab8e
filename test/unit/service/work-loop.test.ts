// The loop of passes with a clock that only moves when somebody sleeps.
import { expect, test } from "vitest";
import { SkytoolsError } from "../../../src/errors/index.ts";
import { Connections, createMetrics, Health, silentLogger, Stats, type Logger } from "../../../src/service/index.ts";
import { Sleeper } from "../../../src/service/program/sleeper.ts";
import { type LoopOptions, type LoopSettings, runLoop } from "../../../src/service/program/work-loop.ts";

/** How a pass ends, and for how long it runs. */
type Pass = "work" | "idle" | "error" | { readonly result: "work" | "idle" | "error"; readonly ms: number };

interface Run {
  readonly passes: readonly Pass[];
  readonly settings?: Partial<LoopSettings>;
  readonly options?: LoopOptions;
  /** Called in every pass. */
  readonly during?: (sleeper: Sleeper, pass: number) => void;
}

const usual: LoopSettings = {
  ...{ loopDelay: 1000, exceptionSleep: 20_000 },
  ...{ exceptionQuiet: [], exceptionGrace: 300_000, exceptionReset: 900_000 },
};

/** Runs the passes, then stops the loop while the next one runs. */
async function run({ passes, settings, options, during }: Run) {
  const stopper = new AbortController();
  const [sleeps, levels, states]: [number[], string[], number[]] = [[], [], []];
  const clock = {
    ms: 0,
    now: () => clock.ms,
    random: () => 0,
    sleep: (ms: number, signal?: AbortSignal) => {
      if (signal?.aborted !== true) sleeps.push(ms);
      clock.ms += ms;
      return Promise.resolve();
    },
  };
  const log: Logger = {
    ...silentLogger,
    warn: () => void levels.push("warn"),
    error: () => void levels.push("error"),
  };
  const metrics = createMetrics({ job: "j", service: "s" });
  const sleeper = new Sleeper(clock);
  const connections = new Connections({
    ...{ env: {}, log, clock, applicationName: "j", lookup: () => undefined, lifetimeMs: () => 0 },
  });
  let count = 0;
  const loop = runLoop(
    {
      ...{ jobName: "j", log, clock, signal: stopper.signal, metrics, connections, sleeper },
      ...{ stats: new Stats(log, metrics), health: new Health() },
      settings: () => ({ ...usual, ...settings }),
      reloadIfAsked: () => Promise.resolve(),
    },
    ({ workState }) => {
      const pass = passes[count];
      states.push(workState);
      during?.(sleeper, count);
      count += 1;
      if (pass === undefined) stopper.abort();
      if (typeof pass === "object") clock.ms += pass.ms;
      const result = typeof pass === "object" ? pass.result : pass;
      return result === "error" ? Promise.reject(new Error("broke")) : Promise.resolve(result === "work");
    },
    options,
  );
  const failure = await loop.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : error),
  );
  return { sleeps, levels, states, failure, isStopped: stopper.signal.aborted };
}

test.each([
  { loopDelay: 1000, passes: ["work", "work", "idle", "error"], sleeps: [1000, 20_000], stopped: true, failure: null },
  { loopDelay: 0, passes: ["work", "work", "idle", "work"], sleeps: [], stopped: false, failure: null },
  { loopDelay: 0, passes: ["work", "error", "work"], sleeps: [], stopped: false, failure: "broke" },
  { loopDelay: -1, passes: ["work", "work"], sleeps: [], stopped: false, failure: null },
  { loopDelay: -1, passes: ["error", "work"], sleeps: [], stopped: false, failure: "broke" },
] as const)("with loop_delay $loopDelay the passes $passes sleep $sleeps", async (row) => {
  const { sleeps, failure, isStopped } = await run({ passes: row.passes, settings: { loopDelay: row.loopDelay } });

  expect({ sleeps, failure, isStopped }).toEqual({ sleeps: row.sleeps, failure: row.failure, isStopped: row.stopped });
});

test("a pass is told how the one before ended", async () => {
  const { states } = await run({ passes: ["work", "idle", "error"] });

  expect(states).toEqual([0, 1, 0, -1]);
});

test("the pause after an error can grow with the failures in a row", async () => {
  const options = { failureDelayMs: (failures: number) => failures * 10 };

  const { sleeps } = await run({ passes: ["error", "error", "idle", "error"], options });

  expect(sleeps).toEqual([10, 20, 1000, 10]);
});

test("wrong use ends the loop also when it would go on after other errors", async () => {
  const during = (): never => {
    throw new SkytoolsError("WRONG_USE", "no such key");
  };

  expect((await run({ passes: ["idle"], during })).failure).toBe("no such key");
});

test.each([
  ["nothing is quiet", [], [20_000], ["error", "error"]],
  ["all is quiet within the grace", ["ALL"], [20_000], ["warn", "warn"]],
  ["an error without that name is not quiet", ["OperationalError"], [20_000], ["error", "error"]],
  ["the end of the grace is in it", ["ALL"], [300_000], ["warn", "warn"]],
  ["after the grace it is loud", ["ALL"], [300_001], ["warn", "error"]],
] as const)("exception_quiet: %s", async (_, exceptionQuiet, [exceptionSleep], expected) => {
  const { levels } = await run({ passes: ["error", "error"], settings: { exceptionQuiet, exceptionSleep } });

  expect(levels).toEqual(expected);
});

test.each([
  ["later than exception_reset", 900_001, "warn"],
  ["not later than exception_reset", 900_000, "error"],
] as const)("a success %s after the first error decides how the next one is logged", async (_, ms, expected) => {
  const { levels } = await run({
    passes: ["error", { result: "work", ms }, "error"],
    settings: { exceptionQuiet: ["ALL"], exceptionSleep: 0 },
  });

  expect(levels).toEqual(["warn", expected]);
});

test.each([
  ["notify", "idle", []],
  ["wake", "idle", []],
  ["notify", "error", [20_000]],
  ["wake", "error", []],
] as const)("%s in a pass that ends with %s", async (call, result, expected) => {
  const during = (sleeper: Sleeper, pass: number): void => {
    if (pass === 0) sleeper[call]();
  };

  expect((await run({ passes: [result], during })).sleeps).toEqual(expected);
});
