import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import {
  planSet,
  type PresentNode,
  readWantedSet,
  stepText,
  type WantedSet,
} from "../../../src/londiste/plan/index.ts";
import { loadConfig } from "../../../src/service/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function wanted(text: string): WantedSet {
  const file = folder.file("set.ini");
  writeFileSync(file, text);
  return readWantedSet(loadConfig(file, { dialect: "python", sections: ["londiste"] }), "shop");
}

const nothing: PresentNode = { info: null, tables: [], sequences: [], allTables: [], allSequences: [] };

function table(name: string, isLocal = true): PresentNode["tables"][number] {
  return { name, dest: name, isLocal, state: { kind: "ok" } } as PresentNode["tables"][number];
}

const SET = `
[londiste]
queue_name = shop
tables = shop.*, public.tax
sequences = *

[node leaf]
type = leaf
provider = mid
location = dbname=leaf
tables = shop.orders

[node main]
type = root
location = dbname=main

[node mid]
type = branch
provider = main
location = dbname=mid
worker = mid_worker

[table shop.log]
nodes = main
[table shop.or*]
dest_table.leaf = archive.orders
handler = shard
handler_args = key=id
`;

const main: PresentNode = {
  ...nothing,
  allTables: ["public.tax", "public.other", "shop.log", "shop.orders"],
  allSequences: ["shop.orders_id_seq"],
};

describe("the plan of a set", () => {
  test("on empty databases everything is made, root first and each node behind its provider", () => {
    const { steps, remarks } = planSet(wanted(SET), new Map([["main", main]]));

    expect(steps.map(stepText)).toEqual([
      "main: make the root",
      "mid: make the branch, which reads from main",
      "leaf: make the leaf, which reads from mid",
      "main: add sequence shop.orders_id_seq",
      "main: add table shop.log",
      "main: add table shop.orders, handler shard",
      "main: add table public.tax",
      "mid: add sequence shop.orders_id_seq",
      "mid: add table shop.orders, handler shard",
      "mid: add table public.tax",
      "leaf: add sequence shop.orders_id_seq",
      "leaf: add table shop.orders as archive.orders, handler shard",
    ]);
    expect(remarks).toEqual([]);
  });

  test("what is there is not made again, and what is otherwise than in the file is told of", () => {
    const info = { name: "main", type: "root", provider: null, worker: "shop_main" } as PresentNode["info"];
    const mid = {
      ...info,
      name: "mid",
      type: "branch",
      provider: "elsewhere",
      worker: "mid_worker",
    } as PresentNode["info"];
    const sequences = [{ name: "shop.orders_id_seq", isLocal: true, published: 0n }];
    const { steps, remarks } = planSet(
      wanted(SET),
      new Map([
        [
          "main",
          { ...main, info, sequences, tables: ["public.tax", "shop.log", "shop.orders"].map((name) => table(name)) },
        ],
        [
          "mid",
          {
            ...nothing,
            info: mid,
            sequences,
            tables: [table("public.tax"), table("shop.orders", false), table("shop.old")],
          },
        ],
        ["leaf", nothing],
      ]),
    );

    expect(steps.filter(({ node }) => node.name !== "leaf").map(stepText)).toEqual([
      "mid: add table shop.orders, handler shard",
    ]);
    expect(remarks).toEqual([
      "node mid: its provider is elsewhere, in the file main",
      "node mid: table shop.old is replicated, and not in the file",
    ]);
  });

  test("a location that is that of another node is refused: its tables would be added to that one", () => {
    const info = { name: "other", type: "branch", provider: "main", worker: "mid_worker" } as PresentNode["info"];
    const present = new Map([
      ["main", main],
      ["mid", { ...nothing, info }],
    ]);

    expect(() => planSet(wanted(SET), present)).toThrow("[node mid]: the database of its location holds node other");
  });

  test.each([
    ["[londiste]\nqueue_name = shop\n", "describes no node"],
    ["[londiste]\n[node a]\ntype = root\nlocation = x\nlocaton = y\n", "did you mean location"],
    ["[londiste]\n[node a]\ntype = trunk\nlocation = x\n", "root, branch or leaf"],
    [
      "[londiste]\n[node a]\ntype = root\nlocation = x\n[node b]\ntype = leaf\nprovider = c\nlocation = x\n",
      'provider "c" is not in the file',
    ],
    ["[londiste]\n[node a]\ntype = leaf\nprovider = a\nlocation = x\n", "0 roots"],
    ...["nodes = main, mian", "dest_table.mian = public.u"].map((line): [string, string] => [
      `[londiste]\n[node main]\ntype = root\nlocation = x\n[table public.t]\n${line}\n`,
      "node mian is not in the file did you mean main?",
    ]),
    ...[
      ["expect_sync = maybe", "expect_sync"],
      ["trigger_flags = IZ", "does not know Z"],
      ["trigger_args = bakcup", "does not know bakcup"],
    ].map(([line, message]): [string, string] => [
      `[londiste]\n[node main]\ntype = root\nlocation = x\n[table public.t]\n${line ?? ""}\n`,
      message ?? "",
    ]),
  ])("a file that cannot be meant is refused: %j", (text, message) => {
    const attempt = (): string => {
      try {
        wanted(text);
        return "";
      } catch (error) {
        return error instanceof Error ? `${error.message} ${"hint" in error ? String(error.hint) : ""}` : "";
      }
    };

    expect(attempt()).toContain(message);
  });
});
