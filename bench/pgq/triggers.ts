// The trigger functions of old definitions against their C forms.
import { atLeast, type Suite } from "../harness/contest.ts";
import { createOrders, ordersContests } from "./orders-table.ts";
import { createQueue } from "./queue.ts";

const queue = "bench_triggers";
const functions = ["logutriga", "sqltriga", "jsontriga"];
const target = atLeast(0.3);

export const triggersSuite: Suite = {
  name: "triggers",
  setUp: async (side) => {
    await createQueue(side, queue);
    for (const name of functions) {
      await createOrders(side, `bench_${name}`);
      await side.client.query(
        `create trigger old_definition after insert or update or delete on bench_${name}
         for each row execute function pgq.${name}('${queue}')`,
      );
    }
    // what maintenance, or the installation, does for ours; C needs nothing of the kind
    if (side.name === "ours") await side.client.query("select pgq.maint_triggers()");
  },
  contests: (size) =>
    functions.flatMap((name) =>
      ordersContests({ table: `bench_${name}`, queue, title: name, smallTarget: target, largeTarget: target }, size),
    ),
};
