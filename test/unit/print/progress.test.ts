import { expect, test } from "vitest";
import { formatProgress } from "../../../src/print/index.ts";

test.each([
  [
    { done: 250, total: 1000, unit: "rows", bytes: 2048 },
    5000,
    "25 %, 250 of 1000 rows (2.0 kB), 50.0 rows/s, 15s left",
  ],
  [{ done: 5, total: null, unit: "tables" }, 1000, "5 tables"],
  [
    { done: 1.75, total: 5, unit: "tables", now: "public.a 75 %" },
    7000,
    "35 %, 1 of 5 tables, 13s left; public.a 75 %",
  ],
  [{ done: 3 * 1024 ** 2, total: 3 * 1024 ** 2, unit: "bytes" }, 1000, "100 %, 3.0 MB of 3.0 MB, 3.0 MB/s"],
  [{ done: 0, total: 0, unit: "rows" }, 0, "0 of 0 rows"],
] as const)("progress %o after %d ms reads %s", (progress, elapsedMs, text) => {
  expect(formatProgress(progress, elapsedMs)).toBe(text);
});
