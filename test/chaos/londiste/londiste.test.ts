// The promises of Londiste, tried by force: workers and tickers that are killed, frozen and stopped, copies and commands of
// an administrator that die half-way, servers that crash, and a network that stalls, breaks and leaves connections half
// open, while an application writes.
//
// `npm run chaos -- londiste --seconds 300 --seed 7` runs it longer.
import { describe, expect, inject, test } from "vitest";
import { runLondisteChaos } from "./run.ts";

const SHORT_RUN_SECONDS = 12;
const SHORT_RUN_SEED = 12;

const isLong = process.env["SKYTOOLS_CHAOS_SECONDS"] !== undefined;
const seconds = Number(process.env["SKYTOOLS_CHAOS_SECONDS"] ?? SHORT_RUN_SECONDS);
const seed = Number(process.env["SKYTOOLS_CHAOS_SEED"] ?? (isLong ? Date.now() % 1_000_000 : SHORT_RUN_SEED));
const majors = inject("servers").map((server) => server.major);
const newest = Math.max(...majors);
const from = isLong ? Math.min(...majors) : newest;
/** For what goes on afterwards until all is calm, on a machine that has much else to do. */
const CALM_SECONDS = 1_800;

describe("a set on two servers", () => {
  test(
    `has the same rows everywhere, whatever is killed, from PostgreSQL ${from} to ${newest}, seed ${seed}`,
    { timeout: (5 * seconds + CALM_SECONDS) * 1000 },
    async () => {
      const { violations, counts } = await runLondisteChaos({ majors: [from, newest], seed, seconds });

      console.log(`chaos of londiste, PostgreSQL ${from} and ${newest}, ${seconds} s, seed ${seed}\n${table(counts)}`);
      expect(violations).toEqual([]);
      // Nothing is proved by a run in which nothing happened.
      expect(counts.get("transactions committed") ?? 0).toBeGreaterThan(100);
    },
  );
});

function table(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([what, count]) => `${String(count).padStart(8)} ${what}`)
    .join("\n");
}
