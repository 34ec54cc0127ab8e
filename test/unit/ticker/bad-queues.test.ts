// Which queues are left out, and for how long.
import { describe, expect, test } from "vitest";
import { type BadQueue, dueForRetry, rememberBadQueues } from "../../../src/ticker/bad-queues.ts";

const a: BadQueue = { queue: "a", failures: 3, retryAtMs: 5000 };
const b: BadQueue = { queue: "b", failures: 1, retryAtMs: 9000 };

interface Case {
  readonly title: string;
  readonly known: readonly BadQueue[];
  readonly failed: readonly string[];
  readonly recovered: readonly string[];
  readonly expected: readonly BadQueue[];
}

const cases: readonly Case[] = [
  { title: "nothing happened", known: [a, b], failed: [], recovered: [], expected: [a, b] },
  {
    title: "a new one is tried again after a second",
    known: [a],
    failed: ["b"],
    recovered: [],
    expected: [a, { queue: "b", failures: 1, retryAtMs: 11_000 }],
  },
  {
    title: "the pause doubles",
    known: [a],
    failed: ["a"],
    recovered: [],
    expected: [{ queue: "a", failures: 4, retryAtMs: 18_000 }],
  },
  {
    title: "the pause is a minute at most",
    known: [{ ...a, failures: 50 }],
    failed: ["a"],
    recovered: [],
    expected: [{ queue: "a", failures: 51, retryAtMs: 70_000 }],
  },
  { title: "one that was ticked is forgotten", known: [a, b], failed: [], recovered: ["a"], expected: [b] },
];

describe("bad queues of a database", () => {
  test.each(cases)("$title", ({ known, failed, recovered, expected }) => {
    const failures = failed.map((queue) => ({ queue }));

    expect(rememberBadQueues(known, failures, recovered, 10_000)).toEqual(expected);
  });

  test("those whose pause is over are tried again", () => {
    expect(dueForRetry([a, b], 5000)).toEqual(["a"]);
  });
});
