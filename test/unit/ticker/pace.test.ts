// How long the ticker waits before it looks again.
import { expect, test } from "vitest";
import { lookPauseMs } from "../../../src/ticker/pace.ts";

const defaults = { passMs: 1, fastPeriodMs: 20, tickerPeriodMs: 1000 };

test.each([
  ["under traffic, one look every fast period", { quietMs: 0 }, 19],
  ["a slow look is followed by a pause of a quarter of it", { quietMs: 0, passMs: 200 }, 50],
  ["a little later, an eighth of the quiet time", { quietMs: 800 }, 100],
  ["after some seconds, four looks a second", { quietMs: 10_000 }, 250],
  ["after minutes, fewer and fewer", { quietMs: 120_000 }, 500],
  ["after more minutes, one look a period", { quietMs: 3_600_000 }, 1000],
  ["many queues: at most two per cent of the time while it is quiet", { quietMs: 10_000, passMs: 15 }, 750],
  ["never longer than the period", { quietMs: 10_000, passMs: 500 }, 1000],
  ["a short period limits all pauses", { quietMs: 10_000, tickerPeriodMs: 50 }, 50],
  ["a period below the fast one is the fast one", { quietMs: 0, tickerPeriodMs: 5 }, 4],
  ["without a fast period, one look a period", { quietMs: 0, fastPeriodMs: 0 }, 1000],
  ["low latency", { quietMs: 0, fastPeriodMs: 2, passMs: 0.5 }, 1.5],
])("%s", (_, pace, expected) => {
  expect(lookPauseMs({ ...defaults, ...pace })).toBe(expected);
});
