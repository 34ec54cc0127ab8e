// Our JSON capture against C logutriga on the same table.
import { atLeast, type Suite } from "../harness/contest.ts";
import { createOrders, ordersContests } from "./orders-table.ts";
import { createQueue } from "./queue.ts";

const queue = "bench_capture";
const table = "bench_captured";

export const captureSuite: Suite = {
  name: "capture",
  setUp: async (side) => {
    await createQueue(side, queue);
    await createOrders(side, table);
    await side.client.query(
      side.name === "ours"
        ? `select pgq.create_capture('${queue}', '${table}', '{}')`
        : `create trigger capture after insert or update or delete on ${table}
           for each row execute function pgq.logutriga('${queue}')`,
    );
  },
  contests: (size) =>
    ordersContests(
      { table, queue, title: "capture / C logutriga", smallTarget: atLeast(1), largeTarget: atLeast(2.5) },
      size,
    ),
};
