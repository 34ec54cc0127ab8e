// How many ticks a branch reads at once.
import { expect, test } from "vitest";
import { TickPace } from "../../../src/cascade/consumer/tick-pace.ts";

test("a branch reads about as many ticks at once as it applies in a second, and never more than 64", () => {
  const pace = new TickPace();

  pace.applied(8, 80);
  expect(pace.ticks).toBe(16);
  pace.applied(16, 2_000);
  expect(pace.ticks).toBe(8);
  pace.applied(1, 5_000);
  expect(pace.ticks).toBe(1);
  for (let n = 0; n < 10; n += 1) pace.applied(1, 0);
  expect(pace.ticks).toBe(64);
  pace.tooMuch();
  expect(pace.ticks).toBe(1);
});
