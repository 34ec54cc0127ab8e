import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../../src/clock/index.ts";
import { WakeUp } from "../../../src/pgq/consumer/wake-up.ts";
import type { Database } from "../../../src/pgq/database.ts";
import { until } from "../../harness/until.ts";

const notUsed = (): never => {
  throw new Error("not used");
};

/** A clock that does not wait and notes how long it was to. */
function hurryingClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    ...systemClock,
    waits,
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  };
}

function listening({ isPooled = false } = {}) {
  const clock = hurryingClock();
  let notify: ((payload: string) => void) | null = null;
  let polls = 0;
  const database: Database = {
    query: notUsed,
    open: notUsed,
    isPooled: () => Promise.resolve(isPooled),
    listen: (_channel, onNotify) => {
      notify = onNotify;
      let end: (reason: unknown) => void = () => undefined;
      const ended = new Promise<unknown>((resolve) => (end = resolve));
      const stop = (): Promise<void> => {
        end(null);
        return Promise.resolve();
      };
      return Promise.resolve({ ended, stop });
    },
  };
  const wakeUp = (listen: boolean | "unless pooled"): WakeUp =>
    new WakeUp({
      database,
      queue: "q",
      consumer: "c",
      pollIntervalMs: 1000,
      clock,
      listen,
      onPolling: () => (polls += 1),
    });
  return { clock, wakeUp, notify: () => notify, polls: () => polls };
}

const never = new AbortController().signal;

test("a consumer that is notified polls four times slower, until something was missed", async () => {
  const { clock, wakeUp, notify } = listening();
  const waiter = wakeUp(true);
  waiter.start();
  const tell = await until(notify);

  waiter.forget();
  await waiter.wait(never);
  tell("q");
  expect(await waiter.wait(never)).toBe(true);
  waiter.forget();
  expect(await waiter.wait(never)).toBe(false);
  waiter.doubt();
  await waiter.wait(never);
  const waits = [...clock.waits];
  await waiter.stop();

  expect(waits).toEqual([1000, 4000, 1000]);
});

test("behind a pooler nothing is listened for unless it is asked for, and that is told once", async () => {
  const auto = listening({ isPooled: true });
  const waiter = auto.wakeUp("unless pooled");
  waiter.start();
  waiter.start();
  await until(() => auto.polls() > 0);
  await waiter.stop();

  const forced = listening({ isPooled: true });
  const forcing = forced.wakeUp(true);
  forcing.start();
  await until(forced.notify);
  await forcing.stop();

  expect([auto.polls(), auto.notify(), forced.polls()]).toEqual([1, null, 0]);
});
