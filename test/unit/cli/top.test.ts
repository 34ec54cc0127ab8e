import { expect, test } from "vitest";
import { pressKey, sortLines, splitKeys, type View } from "../../../src/cli/top/order.ts";
import type { Line } from "../../../src/cli/top/rates.ts";

const line = (queue: string, consumer: string | null, pending: number | null): Line => ({
  queue,
  consumer,
  pending,
  perSecond: null,
  behindMs: null,
  lastSeenMs: null,
  batch: null,
  delayed: null,
  dead: null,
});
const lines = [line("b", "x", 5), line("a", "y", 9), line("a", null, null), line("b", null, 1)];
const view: View = { sort: "name", offset: 0, isOver: false };

test("top orders by name with queues above their consumers, or by a number with the largest first", () => {
  const names = (sort: "name" | "pending") => sortLines(lines, sort).map((l) => `${l.queue}/${l.consumer ?? ""}`);

  expect(names("name")).toEqual(["a/", "a/y", "b/", "b/x"]);
  expect(names("pending")).toEqual(["a/y", "b/x", "b/", "a/"]);
});

test("keys of top scroll within the lines, choose the order and end it", () => {
  expect(splitKeys("q\u001b[Ap")).toEqual(["q", "\u001b[A", "p"]);
  expect(pressKey(view, "\u001b[B", 2).offset).toBe(1);
  expect(pressKey({ ...view, offset: 1 }, "\u001b[B", 2).offset).toBe(1);
  expect(pressKey(view, "\u001b[A", 2).offset).toBe(0);
  expect(pressKey(view, "\u001b[D", 2).sort).toBe("behind");
  expect(pressKey(view, "p", 2).sort).toBe("pending");
  expect(pressKey(view, "q", 2).isOver).toBe(true);
});
