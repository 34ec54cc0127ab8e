// Nodes that are dropped and made anew under their names.
import { test } from "vitest";
import { createOurSet, untilEqual } from "../../harness/our-set.ts";

test("a node that was dropped and made anew under its name outlives the late news of its end, on itself and on its provider", async () => {
  await using set = await createOurSet({
    nodes: [
      { name: "root", role: "root" },
      { name: "branch", role: "branch", provider: "root" },
      { name: "leaf", role: "leaf", provider: "branch" },
    ],
    schema: "create table a (id int primary key)",
  });
  const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
  await root.run("add-table", "a");
  const join = async (node: typeof leaf, provider: typeof leaf): Promise<void> => {
    await node.run(`create-${node.role}`, node.name, node.database.url, `--provider=${provider.database.url}`);
    node.startWorker();
  };
  const untilFollowing = async (...nodes: readonly (typeof leaf)[]): Promise<void> => {
    for (const node of nodes) await node.run("add-table", "a", "--wait-sync", "--timeout=60");
    await root.db.query("insert into a select count(*) from a");
    await untilEqual([root, ...nodes], "a");
  };
  await untilFollowing(branch, leaf);

  await branch.stopWorker();
  await leaf.stopWorker();
  await root.run("drop-node", "leaf");
  await join(leaf, branch);
  branch.startWorker();
  await untilFollowing(leaf);

  await leaf.stopWorker();
  await branch.stopWorker();
  await root.run("drop-node", "leaf");
  await root.run("drop-node", "branch");
  await join(branch, root);
  await join(leaf, branch);
  await untilFollowing(branch, leaf);
});
