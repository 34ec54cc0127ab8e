// What the option `cooperative` takes, and the condition that splits events into partitions.
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { cooperativeSource, type CooperativeOptions } from "../../../src/pgq/coop/index.ts";
import { partitionFilter } from "../../../src/pgq/coop/ordered-source.ts";

const refused: readonly (readonly [unknown, string])[] = [
  [{}, "the option cooperative has neither subconsumer nor orderBy"],
  [{ subconsumer: "" }, "the option cooperative has a subconsumer without a name"],
  [{ subconsumer: "a", deadAfter: 5 }, "the option cooperative has no option deadAfter"],
  [{ subconsumer: "a", deadAfterMs: 0 }, "the option cooperative has a deadAfterMs that is no number above 0"],
  [{ subconsumer: "a", deadAfterMs: Number.NaN }, "the option cooperative has a deadAfterMs that is no number above 0"],
  [{ subconsumer: "a", orderBy: " " }, "the option cooperative has an orderBy that is no SQL"],
  [{ subconsumer: "a", partitions: 2 }, "the option cooperative has partitions without orderBy"],
  [
    { subconsumer: "a", orderBy: "ev_type", partitions: 1.5 },
    "the option cooperative has partitions that are no whole number from 1 to 1000",
  ],
];

describe("the option cooperative", () => {
  test.each(refused)("%j is refused", (options, message) => {
    expect(() => cooperativeSource("q", "c", options as CooperativeOptions, systemClock)).toThrow(
      expect.objectContaining({ code: "WRONG_USE", message }),
    );
  });

  test("with a key or without, a source is made", () => {
    expect(cooperativeSource("q", "c", { subconsumer: "a" }, systemClock).hold).toBeDefined();
    expect(cooperativeSource("q", "c", { orderBy: "ev_type" }, systemClock).hold).toBeDefined();
  });

  test("the condition of a partition outlives a key that ends in a comment", () => {
    expect(partitionFilter("ev_extra1 -- customer", 3, 8)).toBe(
      "((pg_catalog.hashtext(coalesce((ev_extra1 -- customer\n)::pg_catalog.text, '')) operator(pg_catalog.&) 2147483647) operator(pg_catalog.%) 8) operator(pg_catalog.=) 3",
    );
  });
});
