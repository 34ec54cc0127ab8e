// A small shop on a set whose nodes are Debian's (d) or ours (o), for tests that go through their orders.
import { onTestFailed } from "vitest";
import type { DebianServer } from "./debian.ts";
import { createReplicaSet, type NodePlan, type ReplicaSet, replicate, type SetNode, type Side } from "./replica-set.ts";

export interface Shop extends ReplicaSet {
  /** From the root down. */
  readonly all: readonly SetNode[];
}

const schema = `
  create table goods (id serial primary key, name text not null, price numeric, "in stock" boolean default true);
  create table orders (id bigint primary key, good integer references goods, note text, at timestamptz);
`;
/** What a failed test shows of each worker. */
const LOG_END = 4000;

const rows = `
  insert into goods (name, price) select 'good ' || n, n / 3.0 from generate_series(1, 500) n;
  insert into orders select n, 1 + n % 500, repeat(E'\\u00fc\\'\\\\', n % 7), 'epoch' from generate_series(1, 2000) n;
`;

/** r: root; b, c: branches below it; l: leaf below b. sides: a letter for each of the nodes. */
export async function createShop(server: DebianServer, nodes: string, sides: string): Promise<Shop> {
  const plans = Array.from(nodes, (name, i): NodePlan => {
    const side: Side = sides[i] === "o" ? "ours" : "debian";
    if (name === "r") return { name, side, role: "root" };
    if (name === "l") return { name, side, role: "leaf", provider: "b" };
    return { name, side, role: "branch", provider: "r" };
  });
  const set = await createReplicaSet(server, plans, { schema: (node) => (node === "r" ? schema + rows : schema) });
  onTestFailed(() => {
    for (const node of set.nodes)
      process.stderr.write(`\n--- worker of ${node.name}\n${node.workerLog().slice(-LOG_END)}`);
  });
  await replicate(set, ["goods", "orders"]);
  return { ...set, all: set.nodes };
}
