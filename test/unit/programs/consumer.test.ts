// What consumer programs make of keys and batches, without a database.
import { expect, test } from "vitest";
import { eventFilter } from "../../../src/programs/consumer/consumer-settings.ts";
import { BatchStats } from "../../../src/programs/consumer/stats.ts";
import { consumerProgram, type ConsumerKind } from "../../../src/programs/index.ts";
import { runProgram, type ProgramWorld } from "../../../src/service/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { writeFileSync } from "node:fs";
import { EventEmitter } from "node:events";

test.each([
  { own: undefined, tables: [], filter: null },
  { own: undefined, tables: ["t1", "other.t2"], filter: "ev_extra1 in ('public.t1', 'other.t2')" },
  { own: undefined, tables: ["it's"], filter: "ev_extra1 in ('public.it''s')" },
  {
    own: "ev_type = 'I' -- inserts",
    tables: ["t"],
    filter: "(ev_type = 'I' -- inserts\n) and ev_extra1 in ('public.t')",
  },
])("the tables $tables and the condition $own make the filter $filter", ({ own, tables, filter }) => {
  expect(eventFilter(own, tables)).toBe(filter);
});

function statsLines(period: number) {
  const clock = { ms: 0, now: () => clock.ms, random: () => 0, sleep: () => Promise.resolve() };
  const line = new Map<string, unknown>();
  const stats = new BatchStats({ put: (k, v) => void line.set(k, v) }, clock, () => ({
    statsPeriod: period,
    keepaliveStats: 300_000,
  }));
  /** A pass that ends at this time. */
  return (ms: number, report?: { events: number; retried: number; durationMs: number }): object => {
    clock.ms = ms;
    if (report !== undefined) stats.batch(report);
    stats.tell();
    const told = Object.fromEntries(line);
    line.clear();
    return told;
  };
}

test("each batch has a line with its events, its time, and the time since the last one; retries come first", () => {
  const pass = statsLines(0);

  expect(pass(1000, { events: 2, retried: 1, durationMs: 250 })).toEqual({
    ...{ "retry-events": 1, count: 2, duration: 0.25, idle: 0.75 },
  });
  expect(pass(2000)).toEqual({});
  expect(pass(3000, { events: 0, retried: 0, durationMs: 10 })).toEqual({ count: 0, duration: 0.01 });
  expect(pass(5000, { events: 1, retried: 0, durationMs: 1000 })).toEqual({ count: 1, duration: 1, idle: 3 });
});

test("batches within stats_period share a line with their sums; without events there is one each keepalive_stats", () => {
  const pass = statsLines(1000);
  const batch = { events: 5, retried: 0, durationMs: 100 };

  expect(pass(200, batch)).toMatchObject({ count: 5 });
  expect(pass(500, batch)).toEqual({});
  expect(pass(800, batch)).toEqual({});
  expect(pass(1300)).toEqual({ count: 10, duration: 0.2, idle: 0.4 });
  expect(pass(200_000)).toEqual({});
  expect(pass(300_800)).toEqual({ idle: 300 });
});

interface Output {
  readonly status: number;
  readonly text: string;
}

/** Runs the program up to its answer, which needs no database. */
async function answer(kind: ConsumerKind, ...argv: readonly string[]): Promise<Output> {
  let text = "";
  const out = { write: (part: string) => void (text += part) };
  const process = Object.assign(new EventEmitter(), { exit: () => undefined });
  const clock = { now: () => 0, random: () => 0, sleep: () => Promise.resolve() };
  const world = { stdout: out, stderr: out, env: {}, process, clock } as unknown as ProgramWorld;
  const program = consumerProgram({ name: "thing", kind, database: "source_db", handler: () => undefined });
  return { status: await runProgram(program, argv, world), text };
}

const keys = ["queue_name", "consumer_name", "table_filter", "pgq_lazy_fetch", "pgq_autocommit", "keepalive_stats"];
const batchKeys = ["pgq_batch_collect_events", "pgq_batch_collect_interval", "pgq_keep_lag", "loop_delay", "source_db"];

test.each([
  { kind: "plain", own: [] },
  { kind: "cooperative", own: ["subconsumer_name", "subconsumer_timeout"] },
  { kind: "serial", own: ["dst_db"] },
  { kind: "remote", own: ["dst_db"] },
  { kind: "file", own: ["local_tracking_file"] },
] as const)("--ini of a $kind consumer has the keys of the old class", async ({ kind, own }) => {
  const { status, text } = await answer(kind, "--ini");

  expect(status).toBe(0);
  const missing = [...keys, ...batchKeys, ...own].filter((key) => !new RegExp(`^#?${key} =`, "m").test(text));
  expect(missing).toEqual([]);
});

test("a key that must be set is named", async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.file("x.ini"), "[thing]\nsource_db = dbname=x\n");

  const { status, text } = await answer("plain", folder.file("x.ini"));

  expect(status).toBe(2);
  expect(text).toContain('"queue_name" is not set');
});

test("a program without a handler, or with two, is refused", () => {
  expect(() => consumerProgram({ name: "x" })).toThrow("either a handler or a batchHandler");
  expect(() => consumerProgram({ name: "x", handler: () => 0, batchHandler: () => 0 })).toThrow("either");
});
