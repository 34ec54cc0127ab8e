import { expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { SkytoolsError } from "../../../src/errors/index.ts";
import { createLogger, type LogLevel } from "../../../src/service/index.ts";

function lines(level: LogLevel, format: "text" | "json"): string[] {
  const written: string[] = [];
  const log = createLogger({ level, format, fields: { program: "p" }, write: (line) => void written.push(line) });
  log.error({ queue: "q 1", batchId: 5n }, "went wrong");
  log.info({}, "told");
  log.trace({}, "too much");
  return written;
}

test("json lines carry level name, fields and text", () => {
  const [first] = lines("info", "json").map((line) => JSON.parse(line) as object);

  expect(first).toMatchObject({ level: "error", program: "p", queue: "q 1", msg: "went wrong" });
});

test("text lines are for people", () => {
  expect(lines("error", "text")).toEqual([
    expect.stringMatching(/^\d{4}-\S+Z error went wrong \(program=p queue="q 1" batchId=5\)\n$/),
  ]);
});

test.each([
  [
    new SkytoolsError("STORE_FAILED", "writing failed", { hint: "make room" }),
    "STORE_FAILED: writing failed; make room",
  ],
  [new Error("no answer from postgresql://a:secret@h/d"), "no answer from postgresql://a:***@h/d"],
  ["just a text", "just a text"],
])("an error is told with its message: %s", (error, told) => {
  const written: string[] = [];
  const write = (line: string): void => void written.push(line);

  createLogger({ level: "info", format: "json", write }).warn({ error }, "failed");
  createLogger({ level: "info", format: "text", write }).warn({ error }, "failed");

  expect(JSON.parse(written[0]!)).toMatchObject({ error: told, msg: "failed" });
  expect(written[1]).toContain(`failed (error="${told}")`);
});

test.each([
  ["silent", 0],
  ["error", 1],
  ["info", 2],
  ["trace", 3],
] as const)("level %s lets %d lines through", (level, count) => {
  expect(lines(level, "json")).toHaveLength(count);
});

test("a sleep ends early and quietly on abort", async () => {
  const controller = new AbortController();
  const sleeping = systemClock.sleep(600_000, controller.signal);

  controller.abort();

  await expect(sleeping).resolves.toBeUndefined();
});
