// archive_async_ack = spool: what was answered for is durable here, and comes into every repository, whatever happens between.
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { silentLogger } from "../../../src/service/index.ts";
import { pushPast, type PushResult, PushSpool } from "../../../src/walmgr/archive/index.ts";
import {
  DirectoryStore,
  layouts,
  openRepository,
  type StoreRepository,
  WalFetcher,
} from "../../../src/walmgr/index.ts";
import { check } from "../../../src/walmgr/check/index.ts";
import { ReceiveArea } from "../../../src/walmgr/receive/index.ts";
import { Spool } from "../../../src/walmgr/spool/index.ts";
import { allOf, MADE_SEGMENT_BYTES, madeSegment } from "../../harness/made-wal.ts";
import { runWalmgrCommand, walmgrIni } from "../../harness/run-walmgr.ts";
import { type SmallDisk, mountSmallDisk } from "../../harness/small-disk.ts";
import { type TemporaryFolder, temporaryFolder } from "../../harness/temporary-folder.ts";
import { until } from "../../harness/until.ts";

const FIVE = "000000010000000000000005";
const SIX = "000000010000000000000006";
const SEVEN = "000000010000000000000007";
const HISTORY = "1\t0/3000128\tno recovery target specified\n";

const clock = { ...systemClock, random: () => 0 };

/** No server to ask. */
const unchecked = {
  ...{ connect: () => Promise.reject(new Error("none")), warnBackupAgeMs: 1, warnWalBytes: 1, slot: null, clock },
  receiverName: "receiver",
};

interface Site {
  readonly folder: TemporaryFolder;
  readonly one: StoreRepository;
  readonly two: StoreRepository;
  readonly local: StoreRepository;
  readonly spool: Spool;
  /** A process that takes pushes, with nobody who ships. */
  readonly made: (maxBytes?: number) => PushSpool;
  /** Both repositories have failed since the last call. */
  readonly bothFail: () => Promise<void>;
  readonly push: (pushes: PushSpool, name: string, bytes?: Buffer) => Promise<PushResult>;
  /** Ships until the work has ended. */
  readonly shipping: (pushes: PushSpool, work: () => Promise<void>) => Promise<void>;
  readonly hasAll: (repository: StoreRepository, names: readonly string[]) => Promise<void>;
  readonly isEmpty: () => Promise<void>;
}

async function withSite(work: (site: Site) => Promise<void>, localPath?: string): Promise<void> {
  using folder = temporaryFolder();
  const place = localPath ?? folder.file("data");
  for (const path of [folder.file("one"), folder.file("two"), place]) mkdirSync(path, { recursive: true });
  const at = (path: string): StoreRepository =>
    openRepository({ store: new DirectoryStore(path, { mustExist: true }), clock });
  const [one, two, local] = [at(folder.file("one")), at(folder.file("two")), at(place)];
  const spool = Spool.pushed(new DirectoryStore(place, { mustExist: true }));
  const failed = new Set<unknown>();
  const noteFailure = (fields: { readonly repository?: unknown }): unknown => failed.add(fields.repository);
  const log = { ...silentLogger, warn: noteFailure };
  await work({
    ...{ folder, one, two, local, spool },
    made: (maxBytes = 0) => new PushSpool({ repositories: [one, two], local, spool, maxBytes, clock, log }),
    async bothFail() {
      failed.clear();
      await until(() => failed.size === 2, { timeoutMs: 20_000, what: "both repositories fail" });
    },
    push(pushes, name, bytes = madeSegment(name)) {
      writeFileSync(folder.file("pushed"), bytes);
      return pushes.push(name, folder.file("pushed"));
    },
    async shipping(pushes, inner) {
      const stop = new AbortController();
      await pushes.begin();
      const running = pushes.run(stop.signal);
      try {
        await Promise.race([inner(), running]);
      } finally {
        stop.abort();
        await running;
      }
    },
    async hasAll({ wal }, names) {
      const has = async (): Promise<boolean> => {
        const found = await Promise.all(names.map((name) => wal.find(name).catch(() => null)));
        return found.every((segment) => segment !== null);
      };
      await until(has, { timeoutMs: 20_000, what: `${names.join()} are stored` });
    },
    async isEmpty() {
      await until(async () => (await spool.names()).length === 0, { timeoutMs: 20_000, what: "an empty spool" });
    },
  });
}

describe("a push into the spool", () => {
  test("comes into all repositories, and leaves nothing behind", async () => {
    await withSite(async ({ made, push, shipping, hasAll, isEmpty, one, two }) => {
      const pushes = made();
      await shipping(pushes, async () => {
        expect([await push(pushes, FIVE), await push(pushes, SIX)]).toEqual(["stored", "stored"]);
        for (const repository of [one, two]) await hasAll(repository, [FIVE, SIX]);
        await isEmpty();
      });

      expect(Buffer.concat(await allOf(await two.wal.getSegment(SIX))).equals(madeSegment(SIX))).toBe(true);
      expect(await push(pushes, SIX)).toBe("present");
    });
  });

  test("that nobody had brought away when the process was killed is brought away by the next one, in order", async () => {
    await withSite(async ({ made, push, shipping, hasAll, isEmpty, folder, one, two, spool }) => {
      const killed = made();
      for (const name of [SEVEN, FIVE, SIX]) await push(killed, name);
      const leftover = folder.file("data/spool/pushed/000000010000000000000008.0123456789ab.tmp");
      writeFileSync(leftover, "cut");
      utimesSync(leftover, 0, 0);

      expect(await spool.names()).toEqual([FIVE, SIX, SEVEN]);
      await shipping(made(), async () => {
        for (const repository of [one, two]) await hasAll(repository, [FIVE, SIX, SEVEN]);
        await isEmpty();
      });
      expect(readdirSync(folder.file("data/spool/pushed"))).toEqual([]);
    });
  });

  test("waits for a repository that is away, and for no other; archive-get finds it meanwhile", async () => {
    await withSite(async ({ made, push, shipping, hasAll, isEmpty, folder, one, two, local, spool }) => {
      const pushes = made();
      const fetcher = new WalFetcher({
        ...{ repositories: [two], local, localPath: folder.file("data"), log: silentLogger },
      });
      await shipping(pushes, async () => {
        await push(pushes, FIVE);
        await hasAll(two, [FIVE]);
        await isEmpty();
        renameSync(folder.file("two"), folder.file("gone"));

        expect([await push(pushes, SIX), await push(pushes, SEVEN)]).toEqual(["stored", "stored"]);
        await hasAll(one, [SIX, SEVEN]);
        await until(() => pushes.storeErrors > 0, { timeoutMs: 20_000 });
        expect(await spool.state()).toMatchObject({ files: 2, bytes: 2 * MADE_SEGMENT_BYTES });
        const got = { name: SEVEN, destination: folder.file("got"), allowPartial: false };
        expect(await fetcher.get(got)).toBe("found");
        expect(readFileSync(folder.file("got")).equals(madeSegment(SEVEN))).toBe(true);

        renameSync(folder.file("gone"), folder.file("two"));
        await hasAll(two, [SIX, SEVEN]);
        await isEmpty();
      });
    });
  });

  test("does not go into the empty directory that an unmounted disk leaves", async () => {
    await withSite(async ({ made, push, shipping, hasAll, isEmpty, folder, one, two, spool }) => {
      const pushes = made();
      await shipping(pushes, async () => {
        await push(pushes, FIVE);
        await isEmpty();
        renameSync(folder.file("two"), folder.file("gone"));
        mkdirSync(folder.file("two"));

        expect(await push(pushes, SIX)).toBe("stored");
        await hasAll(one, [SIX]);
        await until(() => pushes.storeErrors > 0, { timeoutMs: 20_000, what: "the other one fails" });
        expect(await spool.names()).toEqual([SIX]);
        expect(readdirSync(folder.file("two"))).toEqual([]);
        rmdirSync(folder.file("two"));
        renameSync(folder.file("gone"), folder.file("two"));
        await hasAll(two, [FIVE, SIX]);
      });
    });
  });

  test("twice is fine, also while it waits; other bytes are refused where it waits and where it is stored", async () => {
    await withSite(async ({ made, push, shipping, hasAll, isEmpty, folder, two, spool }) => {
      const pushes = made();
      expect([await push(pushes, FIVE), await push(pushes, FIVE)]).toEqual(["stored", "present"]);
      await expect(push(pushes, FIVE, madeSegment(FIVE, 2))).rejects.toMatchObject({ code: "WAL_DIFFERS" });
      // The way without `serve` knows of it too.
      const slowly = pushPast(spool, [two], { name: FIVE, path: folder.file("pushed") });
      await expect(slowly).rejects.toMatchObject({ code: "WAL_DIFFERS" });
      expect(await spool.names()).toEqual([FIVE]);

      await shipping(pushes, async () => {
        await hasAll(two, [FIVE]);
        await isEmpty();
      });
      await expect(push(pushes, FIVE, madeSegment(FIVE, 2))).rejects.toMatchObject({ code: "WAL_DIFFERS" });
      expect(await spool.names()).toEqual([]);
    });
  });

  test("of another cluster, or of what is no WAL, is refused before anything is kept", async () => {
    await withSite(async ({ made, push, spool }) => {
      const pushes = made();
      await push(pushes, FIVE);

      await expect(push(pushes, SIX, madeSegment(SIX, 1, 5n))).rejects.toMatchObject({ code: "REPOSITORY_FOREIGN" });
      await expect(push(pushes, SIX, madeSegment(FIVE))).rejects.toMatchObject({ code: "WAL_INVALID" });
      await expect(push(pushes, SIX, madeSegment(SIX).subarray(8192))).rejects.toMatchObject({ code: "WAL_INVALID" });
      await expect(push(pushes, "00000002.history", Buffer.from("?"))).rejects.toMatchObject({ code: "WAL_INVALID" });
      await expect(push(pushes, "passwd", Buffer.from("x"))).rejects.toMatchObject({ code: "WRONG_USE" });
      expect(await spool.names()).toEqual([FIVE]);
    });
  });

  test("of a history, a label or the unfinished segment of a promotion goes the same way", async () => {
    await withSite(async ({ made, push, shipping, isEmpty, two, spool }) => {
      const pushes = made();
      const label = `${FIVE}.00000028.backup`;
      await push(pushes, "00000002.history", Buffer.from(HISTORY));
      await push(pushes, label, Buffer.from("START WAL LOCATION: 0/500028"));
      await push(pushes, `${FIVE}.partial`, madeSegment(FIVE));
      expect(await spool.names()).toHaveLength(3);

      await shipping(pushes, isEmpty);

      expect(await two.wal.history(2)).toBe(HISTORY);
      expect((await two.wal.getOther(label))?.toString()).toContain("START WAL");
      expect((await two.wal.getOther(`${FIVE}.partial`))?.equals(madeSegment(FIVE))).toBe(true);
    });
  });

  test("is not taken for what was received here", async () => {
    await withSite(async ({ made, push, local, folder }) => {
      await push(made(), SIX);
      const area = new ReceiveArea(local, new DirectoryStore(folder.file("data")), layouts.standard);

      expect(await area.position(MADE_SEGMENT_BYTES)).toBeNull();
      expect(await area.spool.names()).toEqual([]);
    });
  });

  test("is looked for where there is a spool; the way without serve needs none", async () => {
    await withSite(async ({ folder }) => {
      const keys = { walmgr_data: folder.file("nothing"), repositories: folder.file("one") };
      const ini = walmgrIni(folder.path, keys);
      rmdirSync(folder.file("nothing"));
      writeFileSync(folder.file("pushed"), madeSegment(FIVE));

      expect(await runWalmgrCommand([ini, "archive-push", folder.file("pushed"), FIVE])).toMatchObject({ status: 0 });
      expect(await runWalmgrCommand([ini, "archive-get", FIVE, folder.file("got")])).toMatchObject({ status: 0 });
      expect((await runWalmgrCommand([ini, "check"])).stdout).not.toMatch(/directory .*nothing/);
    });
  });

  test("ends the process when a repository that comes back has other bytes of it", async () => {
    await withSite(async ({ made, push, shipping, hasAll, folder, two, spool }) => {
      const pushes = made();
      await two.enroll({ systemId: 7_000_000_000_000_000_001n, segmentBytes: MADE_SEGMENT_BYTES, major: 18 });
      await two.wal.putSegment(FIVE, () => [madeSegment(FIVE, 9)]);
      renameSync(folder.file("two"), folder.file("gone"));
      await push(pushes, FIVE);
      renameSync(folder.file("gone"), folder.file("two"));

      await expect(shipping(pushes, () => new Promise(() => undefined))).rejects.toMatchObject({ code: "WAL_DIFFERS" });
      expect(await spool.names()).toEqual([FIVE]);
      await hasAll(two, [FIVE]);
    });
  });

  test("is not answered for on a full disk, and is when there is room", async () => {
    using place = temporaryFolder();
    const disk = mountSmallDisk(6) ?? unwritable(place);
    try {
      await withSite(async ({ made, push, spool, one, two, shipping, hasAll }) => {
        const pushes = made();
        await push(pushes, FIVE);
        disk.fill();
        await expect(push(pushes, SIX)).rejects.toMatchObject({ code: "STORE_FAILED" });
        expect(await spool.names()).toEqual([FIVE]);

        await shipping(pushes, async () => {
          await hasAll(one, [FIVE]);
          await hasAll(two, [FIVE]);
        });
        disk.free();
        expect(await push(pushes, SIX)).toBe("stored");
      }, `${disk.folder}/data`);
    } finally {
      disk.unmount();
    }
  });
});

describe("with a limit of the spool", () => {
  const MAX = 2 * MADE_SEGMENT_BYTES;
  const named = (number: number): string => `00000001000000000000000${number}`;
  const gapOf = (first: number, last: number) => ({
    ...{ timeline: 1, isAcknowledged: false },
    ...{ startLsn: BigInt(first * MADE_SEGMENT_BYTES), endLsn: BigInt((last + 1) * MADE_SEGMENT_BYTES) },
  });
  const rename = ({ folder }: Site, from: string, to: string): void => {
    for (const name of ["one", "two"]) renameSync(folder.file(`${name}${from}`), folder.file(`${name}${to}`));
  };

  test("segments are dropped while no repository takes any; one gap tells of all, here first, then everywhere", async () => {
    await withSite(async (site) => {
      const { made, push, shipping, hasAll, isEmpty, bothFail, one, two, local, spool } = site;
      const results: PushResult[] = [];
      rename(site, "", ".gone");
      const first = made(MAX);
      await shipping(first, async () => {
        for (const number of [1, 2]) results.push(await push(first, named(number)));
        await bothFail();
        for (const number of [3, 4, 4]) results.push(await push(first, named(number)));
        results.push(await push(first, "00000002.history", Buffer.from(HISTORY)), await push(first, named(2)));
      });
      const recorded = await local.wal.gaps();
      const checked = await check({ ...unchecked, repositories: [one, two], local });
      const second = made(MAX);
      await shipping(second, async () => {
        await bothFail();
        results.push(await push(second, named(5)));
        rename(site, ".gone", "");
        for (const repository of [one, two]) await hasAll(repository, [named(1), named(2)]);
        await isEmpty();
        results.push(await push(second, named(6)));
        await hasAll(two, [named(6)]);
      });

      expect(results).toEqual("stored stored dropped dropped dropped stored present dropped stored".split(" "));
      expect(recorded).toMatchObject([gapOf(3, 4)]);
      expect(checked).toContainEqual({
        ...{ subject: local.description, status: "critical" },
        message: expect.stringContaining("WAL was lost in 1 places") as string,
      });
      for (const { wal } of [one, two, local]) expect(await wal.gaps()).toMatchObject([gapOf(3, 5)]);
      expect(await two.wal.history(2)).toBe(HISTORY);
      expect(await spool.names()).toEqual([]);
      expect([await one.wal.acknowledgeGaps(gapOf(6, 6).startLsn), await one.wal.acknowledgeGaps(2n ** 60n)]).toEqual([
        1, 0,
      ]);
    });
  });

  test("nothing is dropped while one repository takes it, nor what cannot be recorded as a gap", async () => {
    await withSite(async (site) => {
      const { made, push, shipping, hasAll, bothFail, folder, one } = site;
      const pushes = made(MAX);
      rename(site, "", ".gone");
      await shipping(pushes, async () => {
        for (const number of [1, 2]) await push(pushes, named(number));
        await bothFail();
        writeFileSync(folder.file("data/gaps.json"), "?");
        await expect(push(pushes, named(3))).rejects.toMatchObject({ code: "REPOSITORY_DAMAGED" });

        renameSync(folder.file("one.gone"), folder.file("one"));
        await hasAll(one, [named(1), named(2)]);
        expect([await push(pushes, named(3)), await push(pushes, named(4))]).toEqual(["stored", "stored"]);
        await hasAll(one, [named(3), named(4)]);
      });
    });
  });

  test("serve wants a spool for it", async () => {
    using folder = temporaryFolder();
    const ini = walmgrIni(folder.path, { archive_queue_max: "1GB" });

    expect(await runWalmgrCommand([ini, "serve"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("archive_queue_max needs archive_async_ack = spool") as unknown,
    });
  });
});

/** Where this user may not mount, rights keep it from writing. */
function unwritable({ path }: TemporaryFolder): SmallDisk {
  const spool = `${path}/data/spool/pushed`;
  return {
    folder: path,
    fill: () => chmodSync(spool, 0o500),
    free: () => chmodSync(spool, 0o700),
    unmount: () => undefined,
  };
}
