// Times of targets as people write them.
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMoment, parseMoment } from "../../../src/walmgr/formats/index.ts";
import { targetTimeMs, timeTarget } from "../../../src/walmgr/restore/index.ts";

test.each([
  ["2027-01-01", "2027-01-01 00:00:00.000000+00"],
  ["2027-01-01Z", "2027-01-01 00:00:00.000000+00"],
  ["2026-11-20 12:00", "2026-11-20 12:00:00.000000+00"],
  ["2026-11-20 9:05:06 UTC", "2026-11-20 09:05:06.000000+00"],
  ["2026-11-20T12:00:00.5Z", "2026-11-20 12:00:00.500000+00"],
  ["2026-11-20 12:00+01", "2026-11-20 11:00:00.000000+00"],
  ["2026-11-20 12:00:00 -0530", "2026-11-20 17:30:00.000000+00"],
  ["2026-11-22 20:37:14.361016+00", "2026-11-22 20:37:14.361016+00"],
  ["2026-11-22 20:37:14.3610+00:00", "2026-11-22 20:37:14.361000+00"],
])("%s is %s", (text, time) => {
  expect(timeTarget(text)).toEqual({ kind: "time", time });
});

test.each(["yesterday", "", "2026-13-01", "2026-11-20 25:00", "2026-11-20 12:00 MEZ"])("%s is not a time", (text) => {
  expect(() => targetTimeMs(text)).toThrow("is not a time");
});

test("a moment keeps the microseconds of the server", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000_000 }), (micros) => {
      const text = formatMoment(micros / 1000);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(Math.round(parseMoment(text) * 1000)).toBe(micros);
    }),
  );
});
