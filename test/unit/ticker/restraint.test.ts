// When the ticker goes slower because vacuum is held back.
import { expect, test } from "vitest";
import { noRestraint, restrain } from "../../../src/ticker/restraint.ts";

const seen = { ...noRestraint, xmin: "700", sinceMs: 50_000 };

test.each([
  ["no snapshot, no dead rows: any pace", { xmin: null, deadRows: 0, nowMs: 60_000 }, 0],
  ["a snapshot of some seconds is nothing special", { xmin: "700", deadRows: 5000, nowMs: 55_000 }, 0],
  ["an old snapshot does no harm without dead rows", { xmin: "700", deadRows: 499, nowMs: 90_000 }, 0],
  ["an old snapshot and some dead rows: four looks a second", { xmin: "700", deadRows: 500, nowMs: 60_000 }, 253.75],
  ["many dead rows: slower", { xmin: "700", deadRows: 50_000, nowMs: 90_000 }, 625],
  ["very many: one look a period", { xmin: "700", deadRows: 900_000, nowMs: 90_000 }, 1000],
  ["the snapshot is gone: fast again", { xmin: null, deadRows: 5000, nowMs: 90_000 }, 0],
  ["the oldest one is another one now: fast again", { xmin: "900", deadRows: 5000, nowMs: 90_000 }, 0],
  ["very many dead rows, and no right to see why", { xmin: null, deadRows: 20_000, nowMs: 60_000 }, 400],
])("%s", (_, { xmin, deadRows, nowMs }, pauseMs) => {
  expect(restrain(seen, { xmin, deadRows }, 1000, nowMs).pauseMs).toBe(pauseMs);
});

test("the age of a snapshot counts from when it became the oldest", () => {
  const first = restrain(noRestraint, { xmin: "700", deadRows: 900 }, 1000, 10_000);
  const second = restrain(first, { xmin: "700", deadRows: 900 }, 1000, 15_000);
  const third = restrain(second, { xmin: "700", deadRows: 900 }, 1000, 20_000);
  expect([first, second, third].map(({ pauseMs }) => pauseMs > 0)).toEqual([false, false, true]);
});

test("a ticker period below the slow pace stays as it is", () => {
  expect(restrain(seen, { xmin: "700", deadRows: 50_000 }, 100, 90_000).pauseMs).toBe(100);
});
