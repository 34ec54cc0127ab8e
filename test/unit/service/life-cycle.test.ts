import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { SkytoolsError } from "../../../src/errors/index.ts";
import { LifeCycle, silentLogger, watchSignals } from "../../../src/service/index.ts";

const opened =
  (closed: string[]) =>
  async (life: LifeCycle): Promise<void> => {
    for (const name of ["first", "second", "third"]) await life.onClose(name, () => void closed.push(name));
  };

test("closers run last-in first-out, once, however often stop is called", async () => {
  const closed: string[] = [];
  const life = new LifeCycle(silentLogger);
  await life.start(opened(closed));

  await Promise.all([life.stop(), life.stop()]);
  await life.stop();

  expect(closed).toEqual(["third", "second", "first"]);
});

test("a start that fails half-way closes what was opened, and its error comes out", async () => {
  const closed: string[] = [];
  const life = new LifeCycle(silentLogger);

  const starting = life.start(async () => {
    await opened(closed)(life);
    throw new Error("no");
  });

  await expect(starting).rejects.toThrow("no");
  expect(closed).toEqual(["third", "second", "first"]);
  await life.stop();
});

test("two callers of start get the same start", async () => {
  let starts = 0;
  const life = new LifeCycle(silentLogger);
  const open = (): Promise<void> => Promise.resolve(void (starts += 1));

  await Promise.all([life.start(open), life.start(open)]);

  expect(starts).toBe(1);
});

test("stop waits for a start that is under way, whose late resources are closed", async () => {
  const closed: string[] = [];
  const life = new LifeCycle(silentLogger);
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  const starting = life.start(async () => {
    await gate;
    await life.onClose("late", () => void closed.push("late"));
  });

  const stopping = life.stop();
  go();
  await Promise.all([starting, stopping]);

  expect(closed).toEqual(["late"]);
});

test("one closer that fails does not keep the others from running, and its error comes out", async () => {
  const closed: string[] = [];
  const life = new LifeCycle(silentLogger);
  await life.onClose("a", () => void closed.push("a"));
  await life.onClose("b", () => Promise.reject(new Error("stuck")));

  await expect(life.stop()).rejects.toThrow("stuck");
  expect(closed).toEqual(["a"]);
});

test("stop tells background work and waits for it before closing", async () => {
  const order: string[] = [];
  const life = new LifeCycle(silentLogger);
  await life.onClose("connection", () => void order.push("closed"));
  life.spawn("loop", async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    order.push("loop ended");
    throw new SkytoolsError("ABORTED", "as asked");
  });

  await life.stop();

  expect(order).toEqual(["loop ended", "closed"]);
});

test("an error of background work aborts the rest and comes out of stop", async () => {
  const life = new LifeCycle(silentLogger);
  life.spawn("loop", () => Promise.reject(new Error("broke")));
  await new Promise((resolve) => life.signal.addEventListener("abort", resolve));

  await expect(life.stop()).rejects.toThrow("broke");
});

test("the first signal asks, the second ends, and nothing is left after disposal", () => {
  const exits: number[] = [];
  const source = Object.assign(new EventEmitter(), { exit: (status: number) => void exits.push(status) });
  const watch = watchSignals(source);

  source.emit("SIGINT", "SIGINT");
  const afterFirst = [watch.signal.aborted, [...exits]];
  source.emit("SIGTERM", "SIGTERM");
  watch[Symbol.dispose]();

  expect(afterFirst).toEqual([true, []]);
  expect(exits).toEqual([143]);
  expect(source.eventNames()).toEqual([]);
});
