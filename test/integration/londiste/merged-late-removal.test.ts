// Two queues that a leaf merges into one table: what the worker of one has not replayed yet must not undo an add-table.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { londiste } from "../../../src/londiste/index.ts";
import { createOurSet } from "../../harness/our-set.ts";
import { type ProgramHere, runHere, startHere } from "../../harness/run-program.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const SCHEMA = "create table t (id int primary key, v text)";

test("a table that add-table --merge-all takes of another queue stays when that queue's earlier removal is replayed", async () => {
  await using one = await createOurSet({
    queue: "one",
    nodes: [
      { name: "first", role: "root" },
      { name: "leaf", role: "leaf", provider: "first" },
    ],
    schema: SCHEMA,
  });
  await using two = await createOurSet({ queue: "two", nodes: [{ name: "second", role: "root" }], schema: SCHEMA });
  const [first, leaf, second] = [one.node("first"), one.node("leaf"), two.node("second")];
  const other = one.folder.file("other.ini");
  const ini = leaf.ini.map((line) => line.replace("= worker_leaf", "= worker_other").replace("leaf.pid", "other.pid"));
  writeFileSync(other, `${ini.join("\n").replace("queue_name = one", "queue_name = two")}\n`);
  const created = await runHere(londiste, [
    ...[other, "create-leaf", "other", leaf.database.url],
    `--provider=${second.database.url}`,
  ]);
  expect(created).toMatchObject({ status: 0 });
  let worker: ProgramHere = startHere(londiste, [other, "worker"]);
  try {
    await first.run("add-table", "t");
    await second.run("add-table", "t");
    const known = "select count(*) = 2 from londiste.table_info";
    await until(() => value<boolean>(leaf.db, known), { timeoutMs: 30_000, what: "both queues to tell of t" });
    worker.signal("SIGTERM");
    await worker.ended;
    await second.run("remove-table", "t");

    const refused = await leaf.attempt("add-table", "t", "--merge-all");
    await second.run("add-table", "t");
    await second.db.query("insert into t values (2, 'of the second')");
    await first.db.query("insert into t values (1, 'of the first')");
    await leaf.run("add-table", "t", "--merge-all");
    worker = startHere(londiste, [other, "worker"]);

    expect(refused.stderr).toContain("table public.t is not in queue two of node second");
    await until(() => value<boolean>(leaf.db, "select count(*) = 2 from t"), {
      ...{ timeoutMs: 60_000, what: "the rows of both queues" },
    });
    expect(await value(leaf.db, "select bool_and(local) from londiste.table_info")).toBe(true);
  } finally {
    worker.signal("SIGTERM");
    await worker.ended;
  }
});
