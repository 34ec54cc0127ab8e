// Whatever of walmgr is killed, and whatever repository is away for a while: no finished segment is lost or wrong, earlier
// backups stay whole, and what was acknowledged comes back.
//
// `npm run chaos -- walmgr/kills --rounds 20 --seed 7` kills two hundred times.
import { describe, expect, inject, test } from "vitest";
import { seededChance } from "../../harness/chance.ts";
import { until } from "../../harness/until.ts";
import { compareWithServer, isContiguous } from "../../harness/walmgr.ts";
import { queryAt } from "../../harness/query-at.ts";
import { restorePlace } from "../../harness/walmgr-side.ts";
import { createStage, type Stage } from "./stage.ts";
import { makeTroubles } from "./troubles.ts";

const SHORT_RUN_TROUBLES = 4;
const TROUBLE_MS = 60_000;

const isLong = process.env["SKYTOOLS_CHAOS_ROUNDS"] !== undefined;
const troubles = isLong ? Number(process.env["SKYTOOLS_CHAOS_ROUNDS"]) * 10 : SHORT_RUN_TROUBLES;
const seed = Number(process.env["SKYTOOLS_CHAOS_SEED"] ?? (isLong ? Date.now() % 1_000_000 : 11));
const majors = inject("servers").map((server) => server.major);

describe.each(isLong ? majors : majors.slice(-1))("PostgreSQL %i", (major) => {
  test(
    `killed and cut off at any moment, walmgr loses no WAL and no backup, seed ${seed}`,
    { timeout: troubles * TROUBLE_MS + 300_000 },
    async () => {
      await using stage = await createStage(major);

      const { counts, problems } = await makeTroubles(stage, seededChance(seed), troubles);
      const after = await verdict(stage, major);

      console.log(`walmgr, PostgreSQL ${major}, seed ${seed}: ${JSON.stringify(Object.fromEntries(counts))}`, after);
      expect(problems).toEqual([]);
      expect(after).toMatchObject({ different: [], holes: 0, isVerified: true, missing: 0 });
      expect(after.same).toBeGreaterThan(1);
      expect(stage.acknowledged.length).toBeGreaterThan(0);
    },
  );
});

async function verdict(stage: Stage, major: number) {
  const { site, cluster, repositories } = stage;
  await stage.calm();
  await site.run("backup");
  await site.run("verify", "--level", "3");
  const [row] = await queryAt<{ name: string }>(cluster.url(), "select pg_walfile_name(pg_switch_wal()) as name");
  await queryAt(cluster.url(), "create table more as select 1 as one");
  for (const { wal } of repositories) {
    await until(async () => (await wal.find(row!.name)) !== null, { timeoutMs: 120_000, what: "all is stored" });
  }
  const compared = await Promise.all(repositories.map((one) => compareWithServer(one, cluster.dataDirectory)));
  const contiguous = await Promise.all(repositories.map((one) => isContiguous(one, 1)));
  return {
    same: Math.min(...compared.map(({ same }) => same.length)),
    different: compared.flatMap(({ different }) => different),
    holes: contiguous.filter((is) => !is).length,
    isVerified: true,
    missing: await countMissing(stage, major),
  };
}

/** After a restore of the oldest backup that is left. */
async function countMissing(stage: Stage, major: number): Promise<number> {
  await using place = await restorePlace(major);
  const [[oldest] = []] = await stage.backups();
  await stage.site.run("restore", oldest!, "--dest", place.dataDirectory);
  if (!(await place.open())) throw new Error(`the restored server ended: ${place.log().slice(-2_000)}`);
  const rows = await queryAt<{ id: number }>(place.url, "select id from paid");
  const there = new Set(rows.map(({ id }) => id));
  return stage.acknowledged.filter(({ id }) => !there.has(id)).length;
}
