// The promise of a queue, tried by force: producers, consumers, tickers, rotation and retries on a server whose sessions
// are killed four times a second and which itself crashes every few seconds.
//
// `npm run chaos -- --seconds 600 --seed 7 --majors 14,18` runs it longer; a seed is printed with each run.
import { describe, expect, inject, test } from "vitest";
import { runChaos } from "./run.ts";

const SHORT_RUN_SECONDS = 20;

const seconds = Number(process.env["SKYTOOLS_CHAOS_SECONDS"] ?? SHORT_RUN_SECONDS);
const seed = Number(process.env["SKYTOOLS_CHAOS_SEED"] ?? Date.now() % 1_000_000);
const allMajors = inject("servers").map((server) => server.major);
/** For comparison: a PostgreSQL with the C extension. It loses events, which shows that the checker sees it. */
const cExtension = process.env["SKYTOOLS_CHAOS_EXTENSION"];
const majors = process.env["SKYTOOLS_CHAOS_SECONDS"] === undefined ? firstAndLast(allMajors) : allMajors;

describe.each(majors)("PostgreSQL %i", (major) => {
  test(
    `every committed event reaches every consumer exactly once, seed ${seed}`,
    { timeout: (seconds + 180) * 1000 },
    async () => {
      const { violations, counts } = await runChaos({
        major,
        seed,
        seconds,
        ...(cExtension === undefined ? {} : { cExtension }),
      });

      console.log(`chaos, PostgreSQL ${major}, ${seconds} s, seed ${seed}\n${table(counts)}`);
      expect(violations).toEqual([]);
      // Nothing is proved by a run in which nothing happened.
      for (const what of ["server crashes", "sessions killed", "rotations of chaos", "retry events moved", "visits"]) {
        expect(counts.get(what) ?? 0, what).toBeGreaterThan(0);
      }
      expect(counts.get("transactions committed") ?? 0).toBeGreaterThan(seconds);
    },
  );
});

function firstAndLast(numbers: readonly number[]): readonly number[] {
  return [...new Set([Math.min(...numbers), Math.max(...numbers)])];
}

function table(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([what, count]) => `${String(count).padStart(8)} ${what}`)
    .join("\n");
}
