import { expect, test } from "vitest";
import { PostgresError } from "../../../src/postgres/index.ts";
import { backoffMs, type Clock } from "../../../src/clock/index.ts";
import { retry, silentLogger } from "../../../src/service/index.ts";

const deadlock = (): PostgresError => new PostgresError("DATABASE", "deadlock", { details: { sqlstate: "40P01" } });

function recordingClock(onSleep: () => void = () => undefined): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => 0,
    random: () => 1,
    sleep: (ms) => {
      sleeps.push(ms);
      onSleep();
      return Promise.resolve();
    },
  };
}

test("work that fails for a passing reason is repeated with growing pauses", async () => {
  const clock = recordingClock();

  const result = await retry((n) => (n < 4 ? Promise.reject(deadlock()) : Promise.resolve(n)), {
    clock,
    log: silentLogger,
  });

  expect(result).toBe(4);
  expect(clock.sleeps).toEqual([50, 100, 200]);
});

test("the last error comes out when the tries are used up", async () => {
  const clock = recordingClock();

  const failing = retry(() => Promise.reject(deadlock()), { clock, log: silentLogger, maxTries: 3 });

  await expect(failing).rejects.toThrow("deadlock");
  expect(clock.sleeps).toHaveLength(2);
});

test("an error that does not pass is not repeated", async () => {
  const clock = recordingClock();

  await expect(retry(() => Promise.reject(new TypeError("bug")), { clock, log: silentLogger })).rejects.toThrow("bug");
  expect(clock.sleeps).toEqual([]);
});

test("a signal ends the pause", async () => {
  const controller = new AbortController();
  const clock = recordingClock(() => controller.abort());

  const failing = retry(() => Promise.reject(deadlock()), { clock, log: silentLogger, signal: controller.signal });

  await expect(failing).rejects.toMatchObject({ code: "ABORTED" });
});

test.each([
  [100, 1, 1, 100],
  [100, 1, 0, 50],
  [100, 4, 1, 800],
  [100, 1000, 1, 30_000],
])("a first pause of %d ms is, at try %d with chance %d, %d ms", (first, tryNumber, chance, expected) => {
  expect(backoffMs(first, tryNumber, chance, 30_000)).toBe(expected);
});
