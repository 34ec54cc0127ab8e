// The promises of the whole product, tried by force: producers, tickers and consumers of each kind as processes that are
// killed, frozen and stopped, two servers that crash, and a network that stalls, breaks and leaves connections half open.
//
// `npm run chaos -- product --seconds 600 --seed 7` runs it longer.
import { describe, expect, inject, test } from "vitest";
import { runProductChaos } from "./run.ts";

const SHORT_RUN_SECONDS = 15;
const SHORT_RUN_SEED = 3;

const isLong = process.env["SKYTOOLS_CHAOS_SECONDS"] !== undefined;
const seconds = Number(process.env["SKYTOOLS_CHAOS_SECONDS"] ?? SHORT_RUN_SECONDS);
const seed = Number(process.env["SKYTOOLS_CHAOS_SEED"] ?? (isLong ? Date.now() % 1_000_000 : SHORT_RUN_SEED));
const majors = inject("servers").map((server) => server.major);

describe.each(isLong ? majors : majors.slice(-1))("PostgreSQL %i", (major) => {
  test(
    `producers, tickers and consumers of each kind keep their promises whatever is killed, seed ${seed}`,
    { timeout: (4 * seconds + 500) * 1000 },
    async () => {
      const { violations, counts } = await runProductChaos({ major, seed, seconds });

      console.log(`chaos of the product, PostgreSQL ${major}, ${seconds} s, seed ${seed}\n${table(counts)}`);
      expect(violations).toEqual([]);
      // Nothing is proved by a run in which nothing happened.
      expect(counts.get("processes killed") ?? 0).toBeGreaterThan(0);
      expect(counts.get("events committed") ?? 0).toBeGreaterThan(seconds);
    },
  );
});

function table(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([what, count]) => `${String(count).padStart(8)} ${what}`)
    .join("\n");
}
