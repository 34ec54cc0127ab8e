// No acknowledged commit is lost with the server, counted: synchronous none, asynchronous less than a segment.
//
// `npm run chaos -- walmgr/disaster --rounds 20 --seed 7` does it more often.
import { describe, expect, inject, test } from "vitest";
import { seededChance } from "../../harness/chance.ts";
import { disaster, type RoundResult } from "./round.ts";

const SEGMENT_BYTES = 16 * 1024 * 1024;
const ROUND_MS = 240_000;

const isLong = process.env["SKYTOOLS_CHAOS_ROUNDS"] !== undefined;
const rounds = Number(process.env["SKYTOOLS_CHAOS_ROUNDS"] ?? 1);
const seed = Number(process.env["SKYTOOLS_CHAOS_SEED"] ?? (isLong ? Date.now() % 1_000_000 : 5));
const majors = inject("servers").map((server) => server.major);

describe.each(isLong ? majors : majors.slice(-1))("PostgreSQL %i", (major) => {
  async function disasters(isSynchronous: boolean): Promise<readonly RoundResult[]> {
    const results: RoundResult[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const random = seededChance(seed).fork(`${isSynchronous ? "synchronous" : "asynchronous"} ${round}`);
      const result = await disaster({ major, isSynchronous, random });
      console.log(`PostgreSQL ${major}, ${isSynchronous ? "synchronous" : "asynchronous"}, ${lineOf(result, round)}`);
      results.push(result);
    }
    return results;
  }

  test(
    `received synchronously, every acknowledged commit is restored, seed ${seed}`,
    { timeout: rounds * ROUND_MS },
    async () => {
      const results = await disasters(true);

      expect(results.map(({ missing }) => missing)).toEqual(results.map(() => 0));
      expect(results.every(({ afterBackup }) => afterBackup > 0)).toBe(true);
    },
  );

  test(
    `received asynchronously, less than a segment of WAL is lost, seed ${seed}`,
    { timeout: rounds * ROUND_MS },
    async () => {
      const results = await disasters(false);

      expect(Math.max(...results.map(({ lostBytes }) => lostBytes))).toBeLessThan(SEGMENT_BYTES);
      expect(results.every(({ afterBackup }) => afterBackup > 0)).toBe(true);
    },
  );
});

function lineOf({ acknowledged, afterBackup, missing, lostBytes, lostSeconds }: RoundResult, round: number): string {
  const counts = `${acknowledged} commits acknowledged, ${afterBackup} of them after the backup`;
  return `round ${round}, seed ${seed}: ${counts}; ${missing} missing, ${lostBytes} bytes, ${lostSeconds.toFixed(3)} s lost`;
}
