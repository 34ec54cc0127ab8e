import { expect, test } from "vitest";
import { matchesPattern } from "../../../src/cli/pattern.ts";
import { parseInterval } from "../../../src/cli/interval.ts";
import { settingDuration, shortDuration, shortRate, shortSize } from "../../../src/print/units.ts";
import { readLines } from "../../../src/cli/read-lines.ts";

test.each([
  [0, "0ms"],
  [999, "999ms"],
  [1000, "1s"],
  [1250, "1.3s"],
  [59_999, "1m 00s"],
  [185_000, "3m 05s"],
  [7_800_000, "2h 10m"],
  [356_400_000, "4d 3h"],
  [-5000, "-5s"],
])("%d ms are shown as %s", (ms, text) => {
  expect(shortDuration(ms)).toBe(text);
});

test.each([
  [0, "0s"],
  [3000, "3s"],
  [5_400_000, "1h 30min"],
  [90_500, "1min 30s 500ms"],
])("a setting of %d ms is written whole: %s", (ms, text) => {
  expect(settingDuration(ms)).toBe(text);
});

test("rates and sizes are short", () => {
  expect([shortRate(0.04), shortRate(99.94), shortRate(1234.5)]).toEqual(["0.0", "99.9", "1235"]);
  expect([shortSize(0), shortSize(1023), shortSize(1536), shortSize(52 * 1024 ** 2)]).toEqual([
    "0 B",
    "1023 B",
    "1.5 kB",
    "52 MB",
  ]);
});

test.each([
  ["2 hours", 7_200_000],
  ["1 day 02:00:00", 93_600_000],
  ["00:00:03.5", 3500],
  ["1 min 30 secs", 90_000],
  ["10 msec", 10],
  ["1 month", null],
  ["soon", null],
  ["", null],
])("PostgreSQL's interval %s is %s ms", (text, ms) => {
  expect(parseInterval(text)).toBe(ms);
});

test("a pattern's star stands for any text, everything else for itself", () => {
  const names = ["orders", "order.x", "a*b", "axb", "new\nline"];

  expect(names.filter((name) => matchesPattern(name, "order*"))).toEqual(["orders", "order.x"]);
  expect(names.filter((name) => matchesPattern(name, "order."))).toEqual([]);
  expect(names.filter((name) => matchesPattern(name, "*\n*"))).toEqual(["new\nline"]);
  expect(names.filter((name) => matchesPattern(name, undefined))).toEqual(names);
});

test("lines of input are the same wherever its chunks are cut, also in a character", async () => {
  const bytes = Buffer.from("eins\r\nzwöi\n\ndrü");
  const results = await Promise.all(
    Array.from({ length: bytes.length + 1 }, (_, cut) => lines([bytes.subarray(0, cut), bytes.subarray(cut)])),
  );

  expect(new Set(results.map((r) => JSON.stringify(r)))).toEqual(new Set(['["eins","zwöi","","drü"]']));
});

async function lines(chunks: readonly Buffer[]): Promise<readonly string[]> {
  const found: string[] = [];
  // eslint-disable-next-line @typescript-eslint/require-await
  const source = (async function* () {
    yield* chunks;
  })();
  for await (const line of readLines(source)) found.push(line);
  return found;
}
