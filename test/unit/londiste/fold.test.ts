// Folding changes by key, against doing them one by one.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CascadeEvent } from "../../../src/cascade/events/index.ts";
import { TableRuns, type Run } from "../../../src/londiste/apply/runs.ts";
import { type RowChange, type RowOperation, rowShape } from "../../../src/londiste/row-events/index.ts";
import { eventLine } from "../../harness/event-line.ts";

const EVENT = new CascadeEvent(Buffer.from(eventLine({ ev_type: "I" })));
const shapes = [
  rowShape(["id", "v"], ["id"], "json"),
  rowShape(["id", "v", "w"], ["id"], "json"),
  rowShape(["id"], ["id"], "json"),
];

type Rows = Map<string, readonly (string | null)[]>;

function changed(
  operation: RowOperation,
  values: readonly (string | null)[],
  shape = 0,
  oldKey: string | null = null,
): RowChange {
  return { operation, shape: shapes[shape]!, values, oldKey: oldKey === null ? null : [oldKey] };
}

function runsOf(changes: readonly RowChange[]): readonly Run[] {
  const runs = new TableRuns();
  for (const change of changes) runs.add({ kind: "change", event: EVENT, change });
  return runs.runs;
}

function applyOne(rows: Rows, { operation, values, oldKey }: RowChange): void {
  const key = oldKey?.[0] ?? values[0]!;
  if (rows.has(key) !== (operation !== "insert")) throw new Error(`${operation} of ${key} does not fit`);
  rows.delete(key);
  if (operation !== "delete") rows.set(values[0]!, values);
}

/** What the server does with a run: all deletes, all updates, all inserts. */
function applyRun(rows: Rows, run: Run): void {
  const steps = run.steps.flatMap((step) => (step.kind === "change" ? [step.change] : []));
  if (run.kind === "ordered" || run.fold === null) {
    for (const change of steps) applyOne(rows, change);
    return;
  }
  const folded = [...run.fold.rows()];
  const as = (operation: RowOperation, ...effects: string[]): void => {
    for (const { effect, change } of folded) if (effects.includes(effect)) applyOne(rows, { ...change, operation });
  };
  as("delete", "delete", "replace");
  as("update", "update");
  as("insert", "insert", "replace");
}

/** Any changes that could have happened to a table that begins with rows 0 to 3. */
const histories = fc
  .array(fc.record({ key: fc.nat(7), other: fc.nat(7), pick: fc.nat(9), value: fc.string(), shape: fc.nat(1) }), {
    maxLength: 60,
  })
  .map((wishes) => {
    const rows: Rows = new Map();
    for (let i = 0; i < 4; i++) rows.set(String(i), [String(i), "start"]);
    const changes: RowChange[] = [];
    for (const { key, other, pick, value, shape } of wishes) {
      const id = String(key);
      const values = shape === 0 ? [id, value] : [id, value, null];
      const change = rows.has(id)
        ? pick < 4
          ? changed("update", values, shape)
          : pick < 6 && !rows.has(String(other))
            ? changed("update", [String(other), value], 0, id)
            : changed("delete", pick < 8 ? values : [id], pick < 8 ? shape : 2)
        : changed("insert", values, shape);
      applyOne(rows, change);
      changes.push(change);
    }
    return { changes, rows };
  });

describe("folding", () => {
  test("has the effect of the changes one by one, whatever happened", () => {
    fc.assert(
      fc.property(histories, ({ changes, rows: expected }) => {
        const rows: Rows = new Map();
        for (let i = 0; i < 4; i++) rows.set(String(i), [String(i), "start"]);

        for (const run of runsOf(changes)) applyRun(rows, run);

        expect(new Map([...rows].sort())).toEqual(new Map([...expected].sort()));
      }),
      { numRuns: 500 },
    );
  });

  const effects = (changes: readonly RowChange[]): unknown[] =>
    runsOf(changes).map((run) =>
      run.kind === "ordered"
        ? "ordered"
        : [...(run.fold?.rows() ?? [])].map(({ effect, change }) => `${effect} ${change.values.join("=")}`),
    );

  test.each([
    ["insert, update", [changed("insert", ["1", "a"]), changed("update", ["1", "b"])], [["insert 1=b"]]],
    ["insert, delete", [changed("insert", ["1", "a"]), changed("delete", ["1", "a"])], [[]]],
    ["update, update", [changed("update", ["1", "a"]), changed("update", ["1", "b"])], [["update 1=b"]]],
    ["update, delete", [changed("update", ["1", "a"]), changed("delete", ["1"], 2)], [["delete 1"]]],
    ["delete, insert", [changed("delete", ["1", "a"]), changed("insert", ["1", "b"])], [["replace 1=b"]]],
    [
      "delete, insert, delete",
      [changed("delete", ["1"], 2), changed("insert", ["1", "b"]), changed("delete", ["1", "b"])],
      [["delete 1=b"]],
    ],
    [
      "a change of the key stands alone",
      [changed("update", ["1", "a"]), changed("update", ["2", "b"], 0, "1"), changed("update", ["2", "c"])],
      [["update 1=a"], "ordered", ["update 2=c"]],
    ],
    [
      "other columns begin another run",
      [changed("insert", ["1", "a"]), changed("update", ["1", "b", "c"], 1)],
      [["insert 1=a"], ["update 1=b=c"]],
    ],
    [
      "what cannot be begins another run",
      [changed("insert", ["1", "a"]), changed("insert", ["1", "b"])],
      [["insert 1=a"], ["insert 1=b"]],
    ],
    [
      "a row that is touched again goes to the end",
      [changed("update", ["1", "a"]), changed("update", ["2", "b"]), changed("update", ["1", "c"])],
      [["update 2=b", "update 1=c"]],
    ],
  ])("%s", (_, changes, expected) => {
    expect(effects(changes)).toEqual(expected);
  });

  test("rows without a key are kept apart even when they are equal", () => {
    const keyless = rowShape(["a"], [], "json");
    const [run, ...rest] = runsOf(
      [1, 2].map(() => ({ operation: "insert", shape: keyless, values: ["x"], oldKey: null }) as const),
    );

    expect(rest).toEqual([]);
    expect(run?.steps).toHaveLength(2);
  });
});
