import { expect, test } from "vitest";
import { expandAbbreviations } from "../../../src/cli/abbreviations.ts";

const known = ["db", "dry-run", "verbose", "version", "force"];

test.each([
  { argv: ["--dry"], expanded: ["--dry-run"] },
  { argv: ["--f", "x"], expanded: ["--force", "x"] },
  { argv: ["--db", "x"], expanded: ["--db", "x"] },
  { argv: ["--d=x"], error: "ambiguous" },
  { argv: ["--ver"], error: "ambiguous" },
  { argv: ["--dr=x"], expanded: ["--dry-run=x"] },
  { argv: ["--nothing"], expanded: ["--nothing"] },
  { argv: ["-v", "force", "--"], expanded: ["-v", "force", "--"] },
  { argv: ["--", "--fo"], expanded: ["--", "--fo"] },
])("abbreviated options in $argv", ({ argv, expanded, error }) => {
  const act = (): readonly string[] => expandAbbreviations(argv, known);

  if (error === undefined) expect(act()).toEqual(expanded);
  else expect(act).toThrow(error);
});
