// Writers of the small shop, who go on while its set is changed.
import { repeat } from "../harness/traffic.ts";
import { until } from "../harness/until.ts";
import { type SetNode, untilEqual } from "./replica-set.ts";

export interface ShopTraffic {
  /** Waits until the root takes orders, and until all nodes have one that was taken from now on. */
  untilEverywhere(after: string): Promise<void>;
  /** Stops, and waits until all nodes have what was taken and nothing else. */
  end(): Promise<void>;
}

const FIRST = 100_000;
const PAUSE = "select pg_sleep(0.05)";

/** Each order is tried on all writers in turn: whoever is not root refuses it. */
export function startShopTraffic(writers: readonly SetNode[], all: readonly SetNode[]): ShopTraffic {
  let taken = 0;
  const work = repeat(async () => {
    for (const { db } of writers) {
      try {
        // The row of goods takes its id from the sequence, which collides where that stands too low.
        await db.query(
          `insert into orders (id, note) values (${FIRST + taken}, 'meanwhile');
           insert into goods (name) values ('of ${FIRST + taken}');
           update goods set price = price + 1 where id % 50 = 7`,
        );
        taken += 1;
      } catch (error) {
        if (!/not allowed|disallowed/.test(String(error))) throw error;
      }
    }
    await writers[0]!.db.query(PAUSE);
  });
  return {
    async untilEverywhere(after) {
      const id = FIRST + taken;
      for (const { name, db } of all) {
        await until(
          async () => {
            work.check();
            return (await db.query("select from orders where id = $1", [id])).rowCount === 1;
          },
          { timeoutMs: 60_000, what: `an order on ${name} after ${after}` },
        );
      }
    },
    async end() {
      await work.stop();
      for (const table of ["orders", "goods"]) await untilEqual(all, table);
      const { rows } = await all[0]!.db.query<{ n: number }>("select count(*)::int as n from orders where id >= $1", [
        FIRST,
      ]);
      if (rows[0]!.n !== taken) throw new Error(`${taken} orders were taken, ${rows[0]!.n} are there`);
    },
  };
}
