import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration, parseSize } from "../../../src/service/index.ts";

test.each([
  ["5", 5000],
  ["0.5", 500],
  ["-1", -1000],
  ["500ms", 500],
  ["2h", 7_200_000],
  ["1h 30min", 5_400_000],
  ["1h30m", 5_400_000],
  ["1d", 86_400_000],
  [" 10 s ", 10_000],
  ["", null],
  ["soon", null],
  ["5 parsecs", null],
  ["constructor", null],
  ["1 constructor", null],
  ["1h 30", null],
])("duration %j", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test("a plain number is in the option's unit", () => {
  expect(parseDuration("3", "min")).toBe(180_000);
});

test.each([
  ["100", 100],
  ["10MB", 10_485_760],
  ["64 kB", 65_536],
  ["1g", 1_073_741_824],
  ["1.5k", 1536],
  ["5 B", 5],
  ["ten", null],
  ["", null],
])("size %j", (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});

test("a duration is read back as it was written", () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 ** 12 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test("no text makes the parsers fail", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect([parseDuration(text), parseSize(text)].every((v) => v === null || Number.isFinite(v))).toBe(true);
    }),
  );
});
