import { expect, expectTypeOf, test } from "vitest";
import {
  commonOptions,
  defineOption,
  optionHelp,
  resolveOptions,
  unknownVariables,
} from "../../../src/service/index.ts";

const table = {
  db: commonOptions.db,
  verbose: commonOptions.verbose,
  logLevel: commonOptions.logLevel,
  loopDelay: defineOption({
    name: "loop_delay",
    type: "duration",
    default: 1000,
    min: 0,
    max: 60_000,
    programs: ["consumer"],
    oldNames: ["loop_pause"],
    doc: "pause between two looks for work",
  }),
  count: defineOption({ name: "count", type: "int", min: 1, programs: ["consumer"], doc: "how many" }),
  size: defineOption({ name: "size", type: "size", default: 1024, programs: ["consumer"], doc: "how large" }),
  queues: defineOption({ name: "queues", type: "list", default: [], programs: ["consumer"], doc: "which" }),
};

test("defaults, and null where there is none", () => {
  const values = resolveOptions(table, {});

  expect(values).toEqual({
    db: null,
    verbose: false,
    logLevel: "warn",
    loopDelay: 1000,
    count: null,
    size: 1024,
    queues: [],
  });
  expectTypeOf(values.loopDelay).toEqualTypeOf<number>();
  expectTypeOf(values.count).toEqualTypeOf<number | null>();
  expectTypeOf(values.verbose).toEqualTypeOf<boolean>();
});

test("flag before environment before file before default", () => {
  const file = { loop_delay: "3", count: "3", size: "3kB" };
  const env = { SKYTOOLS_LOOP_DELAY: "2s", SKYTOOLS_COUNT: "2" };
  const flags = { loop_delay: "100ms", verbose: true, queues: "a, b" };

  const values = resolveOptions(table, { flags, env, file });

  expect(values).toMatchObject({ loopDelay: 100, count: 2, size: 3072, verbose: true, queues: ["a", "b"] });
});

test("an old name works and is reported", () => {
  const warnings: string[] = [];

  const values = resolveOptions(table, { file: { loop_pause: "5" }, warn: (text) => warnings.push(text) });

  expect(values.loopDelay).toBe(5000);
  expect(warnings).toEqual(['"loop_pause" is an old name: use "loop_delay"']);
});

test.each([
  [
    "an unknown flag",
    { flags: { loop_dealy: "1" } },
    "unknown option --loop-dealy",
    "did you mean option --loop-delay?",
  ],
  ["an unknown key", { file: { cuont: "1" } }, 'unknown key "cuont"', 'did you mean key "count"?'],
  ["a number that is none", { flags: { count: "many" } }, '--count does not take "many"', "expected: NUMBER"],
  ["a number below the range", { flags: { count: "0" } }, '--count does not take "0"', "expected: not below 1"],
  [
    "a duration above the range",
    { env: { SKYTOOLS_LOOP_DELAY: "2h" } },
    'SKYTOOLS_LOOP_DELAY does not take "2h"',
    "expected: not above 1min",
  ],
  [
    "a word that is no choice",
    { flags: { log_level: "debgu" } },
    '--log-level does not take "debgu"',
    "did you mean debug?",
  ],
  [
    "neither yes nor no",
    { env: { SKYTOOLS_VERBOSE: "maybe" } },
    'SKYTOOLS_VERBOSE does not take "maybe"',
    "expected: yes or no",
  ],
])("%s is refused with a way out", (_, sources, message, hint) => {
  expect(() => resolveOptions(table, sources)).toThrow(
    expect.objectContaining({ code: "WRONG_USE", message, hint: expect.stringContaining(hint) as string }),
  );
});

test("mistyped variables are found", () => {
  expect(unknownVariables(Object.values(table), { SKYTOOLS_LOGLEVEL: "x", SKYTOOLS_DB: "y", PATH: "/" })).toEqual([
    { variable: "SKYTOOLS_LOGLEVEL", nearest: "SKYTOOLS_LOG_LEVEL" },
  ]);
});

test("help shows flag, choices, default and variable", () => {
  expect(optionHelp(table.loopDelay)).toEqual({
    flags: "--loop-delay DURATION",
    description: "pause between two looks for work; default 1s [SKYTOOLS_LOOP_DELAY]",
  });
  expect(optionHelp(commonOptions.quiet).flags).toBe("-q, --quiet");
  expect(optionHelp(commonOptions.logFormat).description).toContain("(text, json); default text");
});

test("a definition with a name that is not snake_case does not load", () => {
  expect(() => defineOption({ name: "logLevel", type: "bool", programs: [], doc: "x" })).toThrow("snake_case");
});

test("an old name may win where both stand, but not over a flag", () => {
  const queue = defineOption({
    name: "queue_name",
    type: "text",
    oldNames: ["pgq_queue_name"],
    oldNamesWin: true,
    programs: ["consumer"],
    doc: "which",
  });
  const file = { queue_name: "new", pgq_queue_name: "old" };

  expect(resolveOptions({ queue }, { file })).toEqual({ queue: "old" });
  expect(resolveOptions({ queue }, { file, flags: { queue_name: "flag" } })).toEqual({ queue: "flag" });
});

test("a number or a time without a default is switched off by emptying its line", () => {
  expect(resolveOptions(table, { file: { count: " " } }).count).toBeNull();
  expect(() => resolveOptions(table, { file: { loop_delay: "" } })).toThrow("does not take");
});
