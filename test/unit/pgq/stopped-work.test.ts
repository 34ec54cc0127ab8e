// Work on a batch that has to end: whoever waits for it is told at once, and what the work does later harms nobody.
import { expect, test } from "vitest";
import { unlessAborted } from "../../../src/pgq/consumer/unless-aborted.ts";

test("work that was stopped before anybody waited for it may fail later without ending the process", async () => {
  const unhandled: unknown[] = [];
  const listener = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", listener);

  await expect(unlessAborted(Promise.reject(new Error("late")), AbortSignal.abort())).rejects.toMatchObject({
    code: "ABORTED",
  });
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", listener);

  expect(unhandled).toEqual([]);
});
