// Commands that write a data directory or settings, killed at any moment and given again: no server starts on what is half
// there, and in the end everything is as if they had not been killed.
//
// `npm run chaos -- walmgr/given-again --rounds 20 --seed 7` kills each command a hundred times.
import { createHash } from "node:crypto";
import {
  appendFileSync,
  type Dirent,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Cluster } from "../../../src/testing/index.ts";
import { freePort } from "../../../src/testing/server-process.ts";
import { type Chance, seededChance } from "../../harness/chance.ts";
import { queryAt } from "../../harness/query-at.ts";
import { startQuietCluster } from "../../harness/quiet-cluster.ts";
import { until } from "../../harness/until.ts";
import { walmgrPlace, type WalmgrPlace } from "../../harness/walmgr-program.ts";

const SHORT_RUN_KILLS = 4;
const isLong = process.env["SKYTOOLS_CHAOS_ROUNDS"] !== undefined;
const kills = isLong ? Number(process.env["SKYTOOLS_CHAOS_ROUNDS"]) * 5 : SHORT_RUN_KILLS;
const seed = Number(process.env["SKYTOOLS_CHAOS_SEED"] ?? (isLong ? Date.now() % 1_000_000 : 11));
const majors = inject("servers").map((server) => server.major);
/** About what the commands take on this computer, which the first one shows. */
const STARTING_MS = 150;

describe.each(isLong ? majors : majors.slice(-1))(`PostgreSQL %i, seed ${seed}`, (major) => {
  let place: WalmgrPlace;
  let cluster: Cluster;
  let ini: string;
  let random: Chance;

  beforeAll(async () => {
    place = walmgrPlace(major);
    random = seededChance(seed);
    const summaries = major >= 17 ? { summarize_wal: "on" } : {};
    const settings = { fsync: "off", wal_keep_size: "'512MB'", ...summaries };
    cluster = await startQuietCluster({ major, durable: true, settings });
    const rows = "select id, repeat(md5(id::text), 10) as text from generate_series(1, 60000) id";
    await queryAt(cluster.url(), `create table t as ${rows}`);
    ini = place.ini("wal-slave", {
      primary_conninfo: cluster.url(),
      ...standbyKeys(place, "standby", await freePort()),
    });
    expect(await place.run(ini, "backup")).toMatchObject({ status: 0 });
    await queryAt(cluster.url(), "update t set text = 'changed' where id % 50 = 0");
    const incremental = major >= 17 ? ["--incremental"] : [];
    expect(await place.run(ini, "backup", ...incremental)).toMatchObject({ status: 0 });
  }, 120_000);

  afterAll(async () => {
    await place[Symbol.asyncDispose]();
    await cluster.stop();
  });

  /** Kills it at a moment of the time that it would take. @returns whether it was still at work */
  async function killed(longestMs: number, words: readonly string[]): Promise<boolean> {
    const running = place.start(ini, ...words);
    await delay(STARTING_MS + random.int(Math.max(1, longestMs - STARTING_MS)));
    return (await running.stop("SIGKILL")) === null;
  }

  test(
    "restore --delta leaves the directory as a new restore makes it",
    { timeout: kills * 20_000 + 60_000 },
    async () => {
      const words = ["restore", "--dest", place.file("copy")];
      expect(await place.run(ini, ...words)).toMatchObject({ status: 0 });
      expect(await place.run(ini, "restore", "--dest", place.file("right"))).toMatchObject({ status: 0 });
      const right = treeOf(place.file("right"));
      const control = place.file("copy/global/pg_control");
      let wasCut = 0;
      const began = performance.now();
      expect(await place.run(ini, ...words, "--delta")).toMatchObject({ status: 0 });
      const longestMs = performance.now() - began;

      for (let n = 0; n < kills; n += 1) {
        damage(place.file("copy"), random);
        const before = inodeOf(control);
        if (await killed(longestMs, [...words, "--delta"])) wasCut += 1;
        const after = inodeOf(control);
        // A server starts on a whole directory only. It may not have begun.
        if (after !== null && after !== before) expect(treeOf(place.file("copy"))).toEqual(right);
        if (random.chance(0.5)) continue;
        expect(await place.run(ini, ...words, "--delta")).toMatchObject({ status: 0 });
        expect(treeOf(place.file("copy"))).toEqual(right);
      }
      const last = await place.run(ini, ...words, "--delta");

      console.log(`restore --delta: ${wasCut} of ${kills} were cut off`);
      expect(last, last.log).toMatchObject({ status: 0 });
      expect(treeOf(place.file("copy"))).toEqual(right);
    },
  );

  test(
    "createslave makes a standby that streams, and resurrect makes it again",
    { timeout: kills * 60_000 + 120_000 },
    async () => {
      const standby = place.file("standby");
      place.stopAtEnd(standby);
      const stop = `${place.bin}/pg_ctl -w -m immediate -D ${standby} stop`;
      const streams = async (): Promise<boolean> => (await queryAt(cluster.url(), STREAMING)).length > 0;
      const counts: Record<string, number> = {};

      for (const command of ["createslave", "resurrect"]) {
        for (let n = 0; n < kills; n += 1) {
          if (await killed(1_500, [command])) counts[command] = (counts[command] ?? 0) + 1;
          await untilEnded(place, standby);
        }
        const made = await place.run(ini, command, "--json");

        expect(made, made.log + made.err).toMatchObject({ status: 0 });
        await until(streams, { what: "the standby streams" });
        const [slots] = await queryAt(
          cluster.url(),
          "select count(*)::int as n from pg_replication_slots where active",
        );
        expect(slots).toEqual({ n: 1 });
        place.shell(stop);
      }

      console.log(`cut off: ${JSON.stringify(counts)}, moved aside: ${asideOf(place.folder).join(" ")}`);
      // What was only half there is not kept beside: each would need the room of a cluster.
      const half = asideOf(place.folder).filter((name) => !existsSync(place.file(`${name}/global/pg_control`)));
      expect(half).toEqual([]);
      for (const name of asideOf(place.folder)) rmSync(place.file(name), { recursive: true });
    },
  );

  test(
    "synch-standby leaves the old or the new setting, and the next one counts",
    { timeout: kills * 20_000 },
    async () => {
      await queryAt(cluster.url(), "alter system reset synchronous_standby_names");
      const current = async (): Promise<string> => {
        const [row] = await queryAt<{ v: string }>(
          cluster.url(),
          "select current_setting('synchronous_standby_names') as v",
        );
        return row?.v ?? "";
      };
      for (let n = 0; n < kills; n += 1) {
        await queryAt(cluster.url(), "alter system set synchronous_standby_names = 'nobody'");
        await queryAt(cluster.url(), "select pg_reload_conf()");
        await killed(600, ["synch-standby", ""]);
        expect(["", "nobody"]).toContain(await current());
        expect(await place.run(ini, "synch-standby", "")).toMatchObject({ status: 0 });
        await until(async () => (await current()) === "");
      }
    },
  );
});

/** Its shell may be starting the server, which is ended then. */
async function untilEnded(place: WalmgrPlace, dataDirectory: string): Promise<void> {
  const isOver = (): boolean => {
    const programs = programsWith(place.folder);
    if (programs.length > 0 && programs.every((program) => basename(program) === "postgres")) {
      place.attempt(`${place.bin}/pg_ctl`, ["-w", "-m", "immediate", "-D", dataDirectory, "stop"]);
    }
    return programs.length === 0;
  };
  await until(isOver, { timeoutMs: 90_000, what: "the end of what a killed command has started" });
}

/** The programs of all processes that were given a path in that folder. */
function programsWith(folder: string): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words.some((word) => word.includes(folder)) ? [words[0] ?? ""] : [];
    } catch {
      return []; // it has ended
    }
  });
}

const STREAMING = "select 1 from pg_stat_replication where state = 'streaming'";

function standbyKeys(place: WalmgrPlace, name: string, port: number): Readonly<Record<string, string>> {
  const data = place.file(name);
  return {
    slave_data: data,
    slave_bin: place.bin,
    slave_start_cmd: `${place.bin}/pg_ctl -w -D ${data} -l ${place.file("server.log")} -o "-p ${port} -k ${place.folder}" start`,
  };
}

function asideOf(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => /^standby\.\d+$/.test(name));
}

/** What an unlucky disk or a running server may have left. */
function damage(directory: string, random: Chance): void {
  const files = Object.keys(treeOf(directory));
  for (let n = 0; n < 10; n += 1) {
    const path = join(directory, random.pick(files));
    if (!existsSync(path) || path.endsWith("/PG_VERSION")) continue;
    const kind = random.pick(["append", "cut", "remove", "change"]);
    if (kind === "append") appendFileSync(path, "more");
    if (kind === "cut") truncateSync(path, 0);
    if (kind === "remove") rmSync(path);
    if (kind === "change") appendFileSync(join(directory, `base/left-${random.int(1000)}`), "x");
  }
}

/** Null: it is not there. Made anew it has another number, as no other file of that name stands in between. */
function inodeOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.ino} ${stat.mtimeMs}`;
}

/** Checksums of all files. */
function treeOf(directory: string): Readonly<Record<string, string>> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const isCompared = (entry: Dirent): boolean => entry.isFile() && entry.name !== "walmgr.restoring";
  const files = entries.filter(isCompared).map(({ parentPath, name }) => join(parentPath, name));
  const sum = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
  return Object.fromEntries(files.sort().map((path) => [path.slice(directory.length + 1), sum(path)]));
}
