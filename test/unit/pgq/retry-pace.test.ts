import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { SkytoolsError } from "../../../src/errors/index.ts";
import { RetryPace } from "../../../src/pgq/consumer/retry-pace.ts";

const clock = { ...systemClock, random: () => 0.999_999 };
const withCode = (code: string): Error => Object.assign(new Error(code), { code });

describe("the pace of a consumer's tries", () => {
  test.each([
    ["refused connections", withCode("ECONNREFUSED")],
    ["a server that starts", withCode("57P03")],
    ["a host that is not found", withCode("ENOTFOUND")],
    ["postgres.js without a connection", withCode("CONNECT_TIMEOUT")],
    ["pg's lost connection", new Error("Connection terminated unexpectedly")],
    ["no answer", new SkytoolsError("CONNECTION_LOST", "no answer")],
    ["no connection", new SkytoolsError("CONNECTION_FAILED", "no connection")],
  ])("%s is looked after every two seconds at most, however long it takes", (_what, error) => {
    const pace = new RetryPace(clock);
    const waits = Array.from({ length: 40 }, () => pace.failed(error, "looking"));

    expect(waits.slice(0, 3)).toEqual([500, 1000, 2000]);
    expect(Math.max(...waits)).toBe(2000);
    expect(pace.failures).toBe(40);
  });

  test("work that fails is tried up to every thirty seconds, also when its handler cannot reach some service", () => {
    const pace = new RetryPace(clock);
    const waits = Array.from({ length: 10 }, () => pace.failed(withCode("ECONNREFUSED"), "working"));

    expect(waits.at(-1)).toBe(30_000);
  });

  test("an outage does not slow down the tries of work that fails after it", () => {
    const pace = new RetryPace(clock);
    for (let n = 0; n < 20; n += 1) pace.failed(withCode("57P01"), "working");

    expect(pace.failed(new Error("no"), "working")).toBe(500);
  });

  test("a batch that was finished begins the count anew", () => {
    const pace = new RetryPace(clock);
    for (let n = 0; n < 20; n += 1) pace.failed(new Error("no"), "working");
    pace.succeeded();

    expect(pace.failed(new Error("no"), "working")).toBe(500);
    expect(pace.failures).toBe(1);
  });
});
