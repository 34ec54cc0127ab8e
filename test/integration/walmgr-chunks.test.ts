// backup_format = chunks: backups that share what is the same in them, and what becomes of their chunks.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"; // prettier-ignore
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { giveTo, serverOwner } from "../../src/testing/server-process.ts";
import { addedBytesOf, chunksOf, type DoneBackup, listBackups } from "../../src/walmgr/backup/index.ts";
import { chunkObject } from "../../src/walmgr/chunks/index.ts";
import { type Coding, parseMainKey } from "../../src/walmgr/codec/index.ts";
import { combineBackup } from "../../src/walmgr/combine/index.ts";
import { repositoryInfo } from "../../src/walmgr/info/index.ts";
import { expire, type ExpireOptions, type RetentionRules } from "../../src/walmgr/retention/index.ts";
import { verify, type VerifyLevel, type VerifyOptions } from "../../src/walmgr/verify/index.ts";
import { seededChance } from "../harness/chance.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { queryAt } from "../harness/query-at.ts";
import { startChild } from "../harness/running-child.ts";
import { runWalmgrCommand, walmgrIni } from "../harness/run-walmgr.ts";
import { until } from "../harness/until.ts";
import { PROGRAM } from "../harness/walmgr-program.ts";
import { restorePlace, restoreTo, startWalmgrSide, type TestRepository, type WalmgrSide } from "../harness/walmgr-side.ts"; // prettier-ignore

const RESCUE = fileURLToPath(new URL("../../scripts/rescue/walmgr-rescue.sh", import.meta.url));
const KEY = "0123456789abcdef".repeat(4);
const CHUNKS = { format: "chunks" } as const;
const DAY_MS = 86_400_000;
const RULES: RetentionRules = {
  ...{ keepBackups: 1, keepDays: null, keepDaily: null, keepWeekly: null, keepMonthly: null, keepYearly: null },
  keepMin: 1,
};

/** Of all chunks, with their sizes. */
function chunkFiles(path: string): ReadonlyMap<string, number> {
  const folder = join(path, "chunk");
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder).flatMap((inner) => readdirSync(join(folder, inner)));
  const sizes = new Map<string, number>();
  for (const name of names.filter((one) => !one.endsWith(".tmp"))) {
    const size = statSync(join(path, chunkObject(name)), { throwIfNoEntry: false })?.size;
    if (size !== undefined) sizes.set(name, size);
  }
  return sizes;
}

const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, size) => total + size, 0);

describe.each(endMajors())("PostgreSQL %i", (major) => {
  let side: WalmgrSide;
  const rows = "select count(*)::int as n, md5(string_agg(text, '' order by id)) as sum from t";

  beforeAll(async () => {
    const settings = { autovacuum: "off", ...(major >= 17 ? { summarize_wal: "on" } : {}) };
    side = await startWalmgrSide({ major, settings });
    const space = join(side.folder, "space");
    mkdirSync(space);
    giveTo(serverOwner(), space);
    await side.query(`create tablespace space location '${space}'`);
    await side.query("create table t as select id, md5(id::text) as text from generate_series(1, 200000) id");
    await side.query("create table there tablespace space as select generate_series(1, 50000) as id");
    await side.query("vacuum (freeze)");
  });
  afterAll(() => side[Symbol.asyncDispose]());

  async function damages(
    to: Pick<TestRepository, "repository">,
    level: VerifyLevel,
    more: Partial<VerifyOptions> = {},
  ) {
    const { findings } = await verify({ repository: to.repository, level, clock: systemClock, ...more });
    return findings
      .filter(({ severity }) => severity === "bad")
      .map(({ subject, message }) => `${subject}: ${message}`);
  }

  function expireNow({ repository }: TestRepository, more: Partial<ExpireOptions> = {}) {
    const how = { keepWalDays: null, graceMs: 0, dryRun: false, clock: systemClock };
    return expire({ repository, rules: RULES, ...how, ...more });
  }

  async function needed({ repository }: TestRepository, keys = [parseMainKey(KEY)]): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    for (const backup of await listBackups(repository.store)) {
      for await (const { name } of chunksOf(repository.store, backup, keys)) names.add(name);
    }
    return names;
  }

  async function restored(to: TestRepository, more: Parameters<typeof restoreTo>[2] = {}) {
    await using place = await restorePlace(major);
    await restoreTo(to, place, { relocateAll: `${place.dataDirectory}.spaces`, ...more });
    expect(await place.open()).toBe(true);
    const found = await queryAt(place.url, rows);
    await place.stop();
    return found;
  }

  test("a second full backup stores only what has changed, and both are restored", async () => {
    const to = side.repository();
    const { backup: first } = await to.backup(CHUNKS);
    await side.query("update t set text = 'changed' where id = 5");
    const changed = await side.query(rows);
    const { backup: second } = await to.backup(CHUNKS);
    const { backup: whole } = await to.backup({ format: "tar" });
    const info = await repositoryInfo(to.repository);

    expect(addedBytesOf(first)).toBe(first.storedBytes);
    expect(addedBytesOf(second)).toBeLessThan(second.storedBytes / 3);
    expect(second.objects.map(({ name, form }) => [name, form])).toEqual([
      [expect.stringMatching(/^\d+\.chunks$/), "chunks"],
      ["base.chunks", "chunks"],
      ["backup_manifest", "whole"],
    ]);
    expect(await damages(to, 3)).toEqual([]);
    const wal = sum(info.timelines.map(({ storedBytes }) => storedBytes));
    const chunks = sum(chunkFiles(to.path).values());
    expect(chunks).toBeLessThan(first.storedBytes * 1.4);
    const lists = sum([...first.objects, ...second.objects].map(({ storedBytes }) => storedBytes));
    expect(info.storedBytes).toBe(wal + chunks + lists + whole.storedBytes);
    rmSync(join(to.path, "backup", whole.set), { recursive: true });
    expect(await restored(to)).toEqual(changed);
    expect(await restored(to, { set: first.set, target: { kind: "immediate" } })).toHaveLength(1);
  });

  test.each<Omit<Coding, "key">>([{ compression: "gzip" }, { compression: "zstd", level: 1 }])(
    "encrypted chunks are shared, need the key, and are read with plain tools alone: %j",
    async (how) => {
      await using place = await restorePlace(major);
      const key = parseMainKey(KEY);
      const to = side.repository({ coding: { ...how, key }, keys: [key] });
      const [keyFile, script] = [join(side.folder, "main.key"), join(side.folder, "walmgr-rescue.sh")];
      writeFileSync(keyFile, `${KEY}\n`, { mode: 0o644 });
      copyFileSync(RESCUE, script);
      chmodSync(script, 0o755);
      await to.backup(CHUNKS);
      const { backup } = await to.backup({ ...CHUNKS, parallelObjects: 1 });
      const keys = [key];

      const sound = await damages(to, 3, { keys });
      const keyless = [await damages(to, 1), await damages(to, 2)];
      const lost = join(to.path, chunkObject([...(await needed(to))].at(-2) ?? ""));
      // The place of a tablespace is that of the server that runs here.
      const folder = join(to.path, "backup", backup.set);
      for (const name of readdirSync(folder)) if (/^\d+\.chunks/.test(name)) rmSync(join(folder, name));
      const rescue = ["backup", to.path, backup.set, place.dataDirectory, keyFile];
      const unpacked = spawnSync(script, rescue, { encoding: "utf8" });
      rmSync(lost);
      const incomplete = spawnSync(script, rescue.with(3, join(side.folder, `incomplete-${how.compression}`)));

      expect(addedBytesOf(backup)).toBeLessThan(backup.storedBytes / 3);
      expect([...chunkFiles(to.path).keys()].every((name) => name.endsWith(".enc"))).toBe(true);
      expect(sound).toEqual([]);
      for (const found of keyless) {
        expect(found).toHaveLength(2);
        expect(found).toContainEqual(expect.stringContaining(`${backup.set}: it cannot be read with the keys`));
      }
      expect([unpacked.status, unpacked.stderr]).toEqual([0, expect.stringContaining("unpacked to")]);
      expect([incomplete.status, incomplete.stderr.toString()]).toEqual([200, expect.stringContaining(`${lost} is missing`)]); // prettier-ignore
      const [{ file } = { file: "" }] = await side.query<{ file: string }>("select pg_relation_filepath('t') as file");
      const [theirs, ours] = [side.cluster, place].map(({ dataDirectory }) => readFileSync(join(dataDirectory, file)));
      expect(ours!.equals(theirs!)).toBe(true);
    },
  );

  test("each of several repositories gets the chunks that it lacks", async () => {
    const [one, two] = [side.repository(), side.repository()];
    await one.backup(CHUNKS);
    const repositories = [one.repository, two.repository];
    const { backup } = await one.backup({ ...CHUNKS, repositories });
    const { backup: third } = await one.backup({ ...CHUNKS, repositories });

    expect([...chunkFiles(one.path).keys()]).toEqual(expect.arrayContaining([...chunkFiles(two.path).keys()]));
    expect(addedBytesOf(backup)).toBeGreaterThan(backup.storedBytes / 2);
    expect(addedBytesOf(third)).toBeLessThan(third.storedBytes / 3);
    expect(await restored(two)).toEqual(await side.query(rows));
    expect([await damages(one, 2), await damages(two, 2)]).toEqual([[], []]);
  });

  test("a backup that was killed half-way and is taken again sends only the rest", async () => {
    const keys = { primary_conninfo: side.cluster.url(), backup_compression: "none", walmgr_data: join(side.folder, "killed") }; // prettier-ignore
    const ini = walmgrIni(side.folder, { ...keys, backup_format: "chunks", backup_rate: "10MB" }, "killed");
    const path = keys.walmgr_data;
    const slow = startChild([PROGRAM, ini, "backup"]);
    await until(() => sum(chunkFiles(path).values()) > 10_000_000, { timeoutMs: 60_000 });
    slow.kill("SIGKILL");
    await slow.ended;
    const left = chunkFiles(path);

    const again = await runWalmgrCommand([ini, "backup", "--json", "--set", "backup_rate=1GB"]);
    const backup = JSON.parse(again.stdout) as DoneBackup;

    expect(again.status).toBe(0);
    expect(sum(left.values())).toBeGreaterThan(10_000_000);
    expect(backup.storedBytes - addedBytesOf(backup)).toBeGreaterThan(sum(left.values()) * 0.8);
    const listed = await runWalmgrCommand([ini, "info"]);
    expect(listed.stdout).toContain("NEW IN IT");
    expect((await runWalmgrCommand([ini, "verify", "--level", "3"])).status).toBe(0);
    expect((await runWalmgrCommand([ini, "backup", "--format", "tar"])).stdout).not.toContain("are new");
  });

  test("chunks go with the last backup that needs them, and those of a failed backup after a day", async () => {
    const to = side.repository();
    await side.query("create table big as select id, md5((-id)::text) as text from generate_series(1, 50000) id");
    const { backup: first } = await to.backup(CHUNKS);
    const before = chunkFiles(to.path);
    await side.query("drop table big");
    await to.backup(CHUNKS);
    const spare = "a".repeat(64);
    mkdirSync(join(to.path, "chunk/aa"), { recursive: true });
    writeFileSync(join(to.path, "chunk/aa", spare), "left by a backup that failed");

    const planned = await expireNow(to, { dryRun: true });
    const untouched = chunkFiles(to.path).size;
    const done = await expireNow(to);
    const after = chunkFiles(to.path);
    const tomorrow = await expireNow(to, { clock: { ...systemClock, now: () => Date.now() + DAY_MS + 60_000 } });

    expect([planned.freedBytes, planned.removedChunks]).toEqual([done.freedBytes, done.removedChunks]);
    expect(done.removedBackups).toEqual([first.set]);
    expect(untouched).toBe(after.size + done.removedChunks);
    expect(done.freedBytes).toBeGreaterThan(3_000_000);
    expect(after.size).toBeLessThan(before.size + 20);
    expect([after.has(spare), tomorrow.removedChunks, chunkFiles(to.path).has(spare)]).toEqual([true, 1, false]);
    expect(new Set(chunkFiles(to.path).keys())).toEqual(await needed(to));
    expect(await damages(to, 3)).toEqual([]);
  });

  test("no backup that stays ever lacks a chunk, and no chunk stays that none needs", async () => {
    const to = side.repository();
    const chance = seededChance(major);
    for (let round = 0; round < 6; round += 1) {
      await side.query(`create table r${round} as select id, md5(id::text) as text from generate_series(1, 3000) id`);
      await side.query(`update t set text = 'round ${round}' where id = ${chance.int(200_000)}`);
      const failing = chance.chance(0.3);
      const onProgress = (): void => {
        if (failing) throw new Error("stopped");
      };
      await to.backup({ ...CHUNKS, format: chance.chance(0.8) ? "chunks" : "tar", onProgress }).catch(() => undefined);
      await expireNow(to, { rules: { ...RULES, keepBackups: 1 + chance.int(3) } });

      expect((await damages(to, 2)).filter((one) => !one.includes("no finished backup"))).toEqual([]);
    }
    await expireNow(to, { clock: { ...systemClock, now: () => Date.now() + 8 * DAY_MS } });
    expect(new Set(chunkFiles(to.path).keys())).toEqual(await needed(to));
    expect(await damages(to, 3)).toEqual([]);
  });

  test.each([
    ["a description that cannot be read", "backup.json", () => "x\n"],
    ["a list of chunks that cannot be read", "base.chunks", () => "x\n"],
    [
      "a list of chunks with wrong digits",
      "base.chunks",
      (text: string) => text.replace(/^[0-9a-f](?=[0-9a-f]{40})/gm, "7"),
    ],
    ["a list of chunks that is cut off", "base.chunks", (text: string) => text.replace(/\n.*\n$/, "\n")],
  ])("expire removes no chunk, and says so, where there is %s", async (_, file, damage) => {
    const to = side.repository();
    const { backup } = await to.backup(CHUNKS);
    await side.query("update t set text = 'once more' where id % 1000 = 0");
    await to.backup(CHUNKS);
    const before = chunkFiles(to.path);
    // The list of the newer one, which stays; a description that cannot be read stays too.
    const stays = file === "backup.json" ? backup.set : (readdirSync(join(to.path, "backup")).sort().at(-1) ?? "");
    const path = join(to.path, "backup", stays, file);
    writeFileSync(path, damage(readFileSync(path, "utf8")));

    const { notes, removedChunks, removedSegments, freedBytes } = await expireNow(to);

    expect(notes).toEqual([expect.stringMatching(`chunks that no backup needs any more stay: what ${stays} needs`)]);
    expect([removedChunks, chunkFiles(to.path)]).toEqual([0, before]);
    expect(freedBytes - removedSegments * 16 * 1024 * 1024).toBeLessThan(1_000_000);
  });

  test("expire that is killed while it removes chunks is run again", async () => {
    const keys = { primary_conninfo: side.cluster.url(), walmgr_data: join(side.folder, "swept"), keep_backups: "1" };
    const ini = walmgrIni(side.folder, { ...keys, backup_format: "chunks" }, "swept");
    const path = keys.walmgr_data;
    expect((await runWalmgrCommand([ini, "backup"])).status).toBe(0);
    const real = chunkFiles(path).size;
    const old = Date.now() / 1000 - 2 * 86_400;
    for (let i = 0; i < 20_000; i += 1) {
      const name = i.toString(16).padStart(64, "0").split("").reverse().join("");
      mkdirSync(join(path, "chunk", name.slice(0, 2)), { recursive: true });
      writeFileSync(join(path, chunkObject(name)), "x");
      utimesSync(join(path, chunkObject(name)), old, old);
    }
    const child = startChild([PROGRAM, ini, "expire"]);
    await until(() => chunkFiles(path).size < real + 20_000, { timeoutMs: 60_000 });
    child.kill("SIGKILL");
    await child.ended;
    const left = chunkFiles(path).size - real;

    const again = await runWalmgrCommand([ini, "expire"]);

    expect(left).toBeGreaterThan(0);
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining(`${left} chunks of backups`)]);
    expect(chunkFiles(path).size).toBe(real);
    expect((await runWalmgrCommand([ini, "verify", "--level", "2"])).status).toBe(0);
  });

  test("verify finds chunks that are missing or damaged, and what it discards the next backup stores anew", async () => {
    const to = side.repository();
    const { backup: first } = await to.backup(CHUNKS);
    const { backup: second } = await to.backup(CHUNKS);
    const lists: string[][] = [];
    for (const backup of [first, second]) {
      const names: string[] = [];
      for await (const { name, plainBytes } of chunksOf(to.repository.store, backup, []))
        if (plainBytes > 1_000_000) names.push(name);
      lists.push(names);
    }
    const [lost = "", flipped = ""] = (lists[0] ?? []).filter((name) => lists[1]?.includes(name)).map(chunkObject);
    rmSync(join(to.path, lost));
    const bytes = readFileSync(join(to.path, flipped));
    bytes[bytes.length / 2]! ^= 1;
    writeFileSync(join(to.path, flipped), bytes);
    const both = `needed by ${first.set}, ${second.set}`;

    const there = await damages(to, 1);
    const found = await damages(to, 2);
    await expect(restored(to)).rejects.toThrow(`backup ${second.set} is damaged`);
    await to.backup(CHUNKS);
    const still = await damages(to, 2);
    const discarded = await damages(to, 2, { discard: true });
    const { backup: anew } = await to.backup(CHUNKS);

    expect(there).toEqual([expect.stringContaining(`${lost}: it is missing; ${both}`)]);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(expect.stringContaining(`${lost}: it is missing; ${both}`));
    const named = "it is damaged: its bytes are not those that it is named after";
    expect(found).toContainEqual(expect.stringContaining(`${flipped}: ${named}; ${both}; with --discard`));
    // The missing one is there again: the backup has stored it.
    expect(still).toEqual([expect.stringContaining(`${flipped}: `)]);
    expect(discarded).toEqual([expect.stringContaining("it was removed")]);
    expect(addedBytesOf(anew)).toBeGreaterThan(4_000_000);
    expect(await damages(to, 3)).toEqual([]);
    expect(await restored(to)).toEqual(await side.query(rows));
  });

  test.each([major].filter((one) => one >= 15))(
    "what the server has compressed is cut and compressed here in the same way",
    async () => {
      const to = side.repository();
      const serverCompression = { method: "gzip" } as const;
      const { backup: first } = await to.backup({ ...CHUNKS, serverCompression });
      const { backup: second } = await to.backup({ ...CHUNKS, serverCompression });

      expect(second.objects[0]?.name).toMatch(/\.chunks\.gz$/);
      expect(addedBytesOf(second)).toBeLessThan(first.storedBytes / 3);
      expect([...chunkFiles(to.path).keys()].every((name) => name.endsWith(".gz"))).toBe(true);
      expect(await damages(to, 3)).toEqual([]);
    },
  );

  test.each([major].filter((one) => one >= 17))(
    "incremental backups and what combine makes of them share chunks too",
    async () => {
      const to = side.repository();
      await to.backup(CHUNKS);
      await side.query("update t set text = 'in a chain' where id = 77");
      const { backup: incremental } = await to.backup({ ...CHUNKS, type: "incremental" });
      const changed = await side.query(rows);
      const fromChain = await restored(to);
      const { backup: combined } = await combineBackup({
        ...{ repository: to.repository, coding: { compression: "none" }, scratch: join(side.folder, "scratch") },
        ...{ ourUid: process.getuid?.() ?? null, clock: systemClock, format: "chunks" },
      });
      const { removedBackups } = await expireNow(to);

      expect(incremental.type).toBe("incremental");
      expect(fromChain).toEqual(changed);
      expect(addedBytesOf(combined)).toBeLessThan(combined.storedBytes / 2);
      expect(removedBackups).toHaveLength(2);
      expect(await damages(to, 3)).toEqual([]);
      expect(await restored(to)).toEqual(changed);
    },
  );
});
