// Locations hold passwords when somebody put them there. Workers need them; nobody is shown them.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOurSet, type OurSet } from "../../harness/our-set.ts";

let set: OurSet;

beforeAll(async () => {
  set = await createOurSet({
    nodes: [
      { name: "r", role: "root" },
      { name: "b", role: "branch", provider: "r" },
    ],
    startsWorkers: false,
  });
  for (const { db } of set.nodes) {
    for (const { name, database } of set.nodes) {
      const location = `${database.url}${database.url.includes("?") ? "&" : "?"}password=hid%2Cden`;
      await db.query("select pgq_node.register_location('replika', $1, $2, false)", [name, location]);
    }
    await db.query(
      "select pgq_node.register_location('replika', 'gone', 'host=127.0.0.1 port=1 password=hid,den', false)",
    );
  }
});
afterAll(async () => {
  await set[Symbol.asyncDispose]();
});

test.each([
  "status",
  "status --json",
  "node-status",
  "members",
  "members --json",
  "node-info",
  "node-info --json",
  "show-consumers",
  "takeover gone --dead-branch --dry-run",
])("no password of a location is printed or logged by %s", async (words) => {
  const { stdout, stderr } = await set.node("b").attempt(...words.split(" "), "-v");

  expect(stdout + stderr).not.toMatch(/hid(,|%2C)?den/);
  expect(stdout).toContain("b");
});

test("several nodes are taken for dead by --dead given several times", async () => {
  const { stdout } = await set.node("r").run("status", "--json", "--dead", "b", "--dead=gone");

  const { nodes } = JSON.parse(stdout) as { nodes: { name: string; isDead: boolean }[] };
  expect(nodes.map(({ name, isDead }) => [name, isDead])).toEqual([
    ["b", true],
    ["gone", true],
    ["r", false],
  ]);
});

test("takeover takes several nodes for dead by --dead given several times", async () => {
  const { stdout } = await set
    .node("r")
    .run("takeover", "gone", "--dead-branch", "--dead=b", "--dead=gone", "--dry-run");

  expect(stdout).toContain("gone");
});
