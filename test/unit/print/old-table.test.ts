import { expect, test } from "vitest";
import { formatOldTable, type OldColumn } from "../../../src/print/index.ts";

interface Row {
  readonly name: string;
  readonly isLocal: boolean;
  readonly state: string | null;
}

const columns: readonly OldColumn<Row>[] = [
  { title: "seq_name", value: ({ name }) => name },
  { title: "local", value: ({ isLocal }) => isLocal },
  { title: "state", value: ({ state }) => state },
];

// Source: what `londiste seqs` and `tables` of Debian's python3-londiste 3.11 print.
test("a table of the old form has titles as they are, a rule, columns of 15 at least, and two empty lines at its end", () => {
  const rows = [
    { name: "public.child_id_seq", isLocal: true, state: "ok" },
    { name: "public.x", isLocal: false, state: null },
  ];

  expect(formatOldTable("Sequences on node", columns, rows)).toBe(
    [
      "Sequences on node",
      "seq_name             local            state",
      "-------------------  ---------------  ---------------",
      "public.child_id_seq  True             ok",
      "public.x             False            None",
      "",
      "",
      "",
    ].join("\n"),
  );
});

test("a table of the old form without rows is nothing at all", () => {
  expect(formatOldTable("Tables on node", columns, [])).toBe("");
});
