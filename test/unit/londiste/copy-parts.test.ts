import { expect, test } from "vitest";
import { chooseColumns } from "../../../src/londiste/copy/choose-columns.ts";
import { cutRanges, rangeStatements } from "../../../src/londiste/copy/ranges.ts";
import type { Side, SideColumn, SidePart } from "../../../src/londiste/copy/side.ts";
import { planRestore, uniqueDefinitions } from "../../../src/londiste/structure/index.ts";
import { withTable } from "../../../src/londiste/structure/attachments.ts";
import { withTablespace } from "../../../src/londiste/structure/drop-for-copy.ts";
import { snapshotCovers, snapshotTest } from "../../../src/postgres/index.ts";
import { Slots } from "../../../src/londiste/sync/slots.ts";

const MIB = 1024 * 1024;
const part = (name: string, mib: number): SidePart => ({
  ...{ name, hasBlocks: true, blocks: mib * 128, sizeBytes: mib * MIB, filenode: "1", isPermanent: true },
});
const column = (name: string, more: Partial<SideColumn> = {}): SideColumn => ({
  ...{ name, isGenerated: false, type: "integer", isPortable: true },
  ...more,
});
const side = (...columns: SideColumn[]): Side => ({ columns, isPartitioned: false, parts: [] });

test("ranges lie side by side, cover all blocks, and the last one has no end", () => {
  const ranges = cutRanges([part("public.t", 640)], 4);

  expect(ranges).toHaveLength(16);
  expect(ranges[0]).toMatchObject({ fromBlock: null, toBlock: 5120 });
  expect(ranges.at(-1)).toMatchObject({ fromBlock: 76_800, toBlock: null });
  expect(ranges.slice(1).every((range, i) => range.fromBlock === ranges[i]!.toBlock)).toBe(true);
});

test("a small table is one range, a foreign one too, and every partition has its own", () => {
  const foreign = { ...part("public.f", 900), hasBlocks: false, blocks: 0 };

  expect(cutRanges([part("public.t", 20)], 8)).toHaveLength(1);
  expect(cutRanges([foreign], 8)).toMatchObject([{ fromBlock: null, toBlock: null }]);
  expect(cutRanges([part("public.a", 1), part("public.b", 0)], 1).map((range) => range.part)).toEqual([
    "public.a",
    "public.b",
  ]);
});

test("what is stored already is not cut again, in the middle, at the beginning or the end", () => {
  const parts = [part("public.a", 640), part("public.b", 64)];
  const stored = [
    { part: "public.a", fromBlock: 20_000, toBlock: 40_000 },
    { part: "public.a", fromBlock: null, toBlock: 10_000 },
    { part: "public.b", fromBlock: 100, toBlock: null },
  ];
  const spans = cutRanges(parts, 2, stored).map((range) => [range.part, range.fromBlock, range.toBlock]);

  expect(spans).toEqual([
    ["public.a", 10_000, 20_000],
    ["public.a", 40_000, 53_973],
    ["public.a", 53_973, 67_946],
    ["public.a", 67_946, null],
    ["public.b", null, 100],
  ]);
  expect(cutRanges(parts, 1, [...stored, { part: "public.a", fromBlock: 5, toBlock: null }])).toHaveLength(1);
});

test("unique keys are understood in what planDrop writes down; keys of other kinds are not", () => {
  const plain = `create unique index if not exists a on public.t USING btree (id) INCLUDE (x);
    create index if not exists b on public.t USING btree (n);
    create unique index if not exists "c;d" on public.t USING btree (lower(w)) WHERE (w <> ';'::text);
    alter table only public.t add constraint "a b" primary key using index a;
    alter table only public.t replica identity using index a;
    comment on index public.a is 'deferrable';`;

  expect(uniqueDefinitions(plain, "public.t")).toEqual([
    "USING btree (id) INCLUDE (x)",
    "USING btree (lower(w)) WHERE (w <> ';'::text)",
  ]);
  const alter = "alter table only public.t add constraint k";
  expect(uniqueDefinitions(`${alter} unique using index k deferrable`, "public.t")).toBeNull();
  expect(uniqueDefinitions(`${alter} exclude using gist (r with &&)`, "public.t")).toBeNull();
  expect(uniqueDefinitions("create unique index old on public.t (id)", "public.t")).toBeNull();
});

test("a range without any condition is copied from the table itself", () => {
  const columns = chooseColumns(side(column("id"), column("the x")), side(column("id"), column("the x")));
  const whole = { nr: 0, part: "public.My t", fromBlock: null, toBlock: null, sizeBytes: 0 };
  const names = { targetTable: "public.t", condition: null };

  expect(rangeStatements(whole, columns, names)).toEqual({
    from: 'copy public."My t" (id, "the x") to stdout (format binary)',
    into: 'copy public.t (id, "the x") from stdin (format binary)',
  });
  expect(rangeStatements({ ...whole, fromBlock: 5, toBlock: 9 }, columns, { ...names, condition: "a or b" }).from).toBe(
    `copy (select id, "the x" from only public."My t" where ctid >= '(5,0)'::tid and ctid < '(9,0)'::tid and (a or b)) ` +
      "to stdout (format binary)",
  );
});

test("binary form needs the same portable types on both sides; columns that the target computes are left out", () => {
  const source = side(column("id"), column("sum"), column("gone"), column("made", { isGenerated: true }));
  const target = side(column("id"), column("sum", { isGenerated: true }), column("new"), column("made"));
  const types = chooseColumns(side(column("id")), side(column("id", { type: "bigint" })));
  const foreign = chooseColumns(side(column("id", { isPortable: false })), side(column("id")));

  expect(chooseColumns(source, target)).toEqual({
    names: ["id", "made"],
    format: "binary",
    needsSelect: true,
    onlySource: ["gone"],
    onlyTarget: ["new"],
  });
  expect([types.format, foreign.format]).toEqual(["text", "text"]);
  expect(() => chooseColumns(side(column("a")), side(column("b")))).toThrow("no column in common");
});

test("of the statements that were written down only repeatable indexes run side by side", () => {
  const script = `CREATE INDEX old ON t (a); create index if not exists b on t (b);
    create unique index if not exists "c;d" on t (c) where x = 'a;b'; alter table t add constraint c primary key using index "c;d";`;

  const { parallel, last } = planRestore(script);

  expect(parallel.map((text) => text.slice(0, 36))).toEqual([
    "create index if not exists b on t (b)".slice(0, 36),
    'create unique index if not exists "c;d"'.slice(0, 36),
  ]);
  expect(last).toHaveLength(2);
});

test.each([
  ["USING btree (a)", "USING btree (a) tablespace fast"],
  [
    "USING btree (((b)::text || 'where')) WHERE (c > 1)",
    "USING btree (((b)::text || 'where')) tablespace fast WHERE (c > 1)",
  ],
])("the tablespace of %s stands before its condition", (definition, expected) => {
  expect(withTablespace(definition, "fast")).toBe(expected);
  expect(withTablespace(definition, null)).toBe(definition);
});

test.each([
  [
    `CREATE TRIGGER "on" BEFORE UPDATE OF "on" ON public.t FOR EACH ROW WHEN ((new.a = 'ON public.t')) EXECUTE FUNCTION f('on')`,
    "on",
    `CREATE TRIGGER "on" BEFORE UPDATE OF "on" ON other."new T" FOR EACH ROW WHEN ((new.a = 'ON public.t')) EXECUTE FUNCTION f('on')`,
  ],
  [
    `CREATE RULE r AS ON DELETE TO "Odd"."T o" WHERE (old.id < 0) DO INSTEAD NOTHING`,
    "to",
    `CREATE RULE r AS ON DELETE TO other."new T" WHERE (old.id < 0) DO INSTEAD NOTHING`,
  ],
] as const)("another table's name is put into a definition once: %s", (definition, word, expected) => {
  expect(withTable(definition, word, "other.new T")).toBe(expected);
});

test.each([
  ["10:20:", "10:20:", true],
  ["25:25:", "10:20:12,15", true],
  ["12:30:12", "10:20:12", true],
  ["12:30:12", "10:20:15", false],
  ["21:30:21", "10:20:", true],
  ["10:15:", "10:20:", false],
])("whether %s sees all that %s sees: %s", (later, earlier, expected) => {
  expect(snapshotCovers(later, earlier)).toBe(expected);
});

test("a transaction is in a snapshot when it had ended", () => {
  const isIn = snapshotTest("10:20:12,15");

  expect([9n, 10n, 12n, 14n, 15n, 19n, 20n].map(isIn)).toEqual([true, true, false, true, false, true, false]);
});

test("slots are given in order, and one that wants more than all gets all", async () => {
  const slots = new Slots(2);
  const { signal } = new AbortController();
  const order: string[] = [];
  const first = await slots.take(1, signal);
  const waiting = [slots.take(5, signal).then((leave) => (order.push("big"), leave)), slots.take(1, signal)];
  const stop = new AbortController();
  const aborted = slots.take(1, stop.signal);
  stop.abort();
  await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });

  expect(order).toEqual([]);
  first();
  const big = await waiting[0]!;
  big();
  big();
  (await waiting[1]!)();

  expect(order).toEqual(["big"]);
  expect(slots.free).toBe(2);
});

test("a slot that is lent is free for whoever comes, who gets it when it is given back", async () => {
  const slots = new Slots(2);
  const { signal } = new AbortController();
  await slots.take(1, signal);
  const giveBack = slots.takeSpare();
  const isAllLent = slots.takeSpare() === null;
  const freeThen = slots.free;

  const coming = slots.take(1, signal);
  const isWaitedFor = slots.isWaitedFor;
  giveBack?.();
  giveBack?.();
  const leave = await coming;

  expect({ isAllLent, freeThen, isWaitedFor }).toEqual({ isAllLent: true, freeThen: 1, isWaitedFor: true });
  expect([slots.free, slots.isWaitedFor, slots.takeSpare()]).toEqual([0, false, null]);
  leave();
  expect(slots.free).toBe(1);
});
