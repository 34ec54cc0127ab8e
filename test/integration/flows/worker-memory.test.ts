// The memory of workers: it does not grow with the batch; rows of 50 MB are in it one at a time, a few times over.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { majors } from "../../harness/database.ts";
import { createOurSet, type OurSet } from "../../harness/our-set.ts";
import { peakMemoryBytes } from "../../harness/peak-memory.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const NODES = ["root", "branch", "leaf"];
const SUM = "select count(*) || ' ' || coalesce(sum(length(v)), 0) from t";
const PATIENCE = { timeoutMs: 150_000 };

test("workers of a branch and a leaf need no more memory for many rows than for few, and little for large ones", async () => {
  const major = majors().at(-1)!;
  await using set = await createOurSet({
    nodes: [
      { name: "root", role: "root", major },
      { name: "branch", role: "branch", provider: "root", major },
      { name: "leaf", role: "leaf", provider: "branch", major },
    ],
    schema: "create table t (id int primary key, v text); alter table t alter v set storage external",
    startsWorkers: false,
  });
  const nodes = NODES.map((name) => set.node(name));
  const [root, leaf] = [nodes[0]!, nodes[2]!];
  for (const node of nodes) {
    node.startWorker("process");
    await until(() =>
      value<boolean>(node.db, "select count(*) = $1 from londiste.table_info", [node === root ? 0 : 1]),
    );
    await node.run("add-table", "t", ...(node === root ? [] : ["--wait-sync", "--timeout=100"]));
  }
  const arrived = async (sql: string): Promise<unknown> => {
    await root.db.query(sql);
    const rows = await value(root.db, SUM);
    return await until(async () => (await value(leaf.db, SUM)) === rows, { ...PATIENCE, what: "the rows at the leaf" });
  };

  await arrived("insert into t select i, 'row ' || i from generate_series(1, 20000) i");
  const few = peaks(set);
  await arrived("insert into t select i, 'row ' || i from generate_series(20001, 220000) i");
  const many = peaks(set);
  await arrived("insert into t select -i, repeat('x', 50000000) from generate_series(1, 4) i");
  const large = peaks(set);

  expect(Math.max(...many)).toBeLessThan(Math.max(...few) + 200);
  expect(Math.max(...large)).toBeLessThan(800); // several times the one row that is there at a time
}, 400_000);

/** MB that the workers of the branch and of the leaf have needed at most so far. */
function peaks({ folder }: OurSet): readonly number[] {
  const pids = NODES.slice(1).map((name) => Number(readFileSync(folder.file(`${name}.pid`), "utf8")));
  return pids.map((pid) => (peakMemoryBytes(pid) ?? NaN) / 2 ** 20);
}
