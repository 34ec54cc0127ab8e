import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { DirectoryStore, openRepository, type StoreRepository, writeText } from "../../../src/walmgr/index.ts";
import { type MainKey, parseMainKey } from "../../../src/walmgr/codec/index.ts";
import { putBegun, type RepositoryOptions } from "../../../src/walmgr/repository/index.ts";
import { pinBackup } from "../../../src/walmgr/retention/index.ts";
import { allOf, MADE_SEGMENT_BYTES, MADE_SYSTEM_ID, madeSegment } from "../../harness/made-wal.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const FACTS = { systemId: MADE_SYSTEM_ID, segmentBytes: MADE_SEGMENT_BYTES, major: 18 };
const FIVE = "000000010000000000000005";
const KEY = parseMainKey("ab".repeat(32));
const SIX = "000000010000000000000006";

async function withRepository(
  work: (repository: StoreRepository, path: string) => Promise<void>,
  options: Partial<RepositoryOptions> = {},
): Promise<void> {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);
  await using repository = openRepository({ store, clock: systemClock, ...options });
  await repository.enroll(FACTS);
  await work(repository, folder.path);
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("repo.json", () => {
  test("a repository belongs to one cluster, and remembers the versions that wrote to it", async () => {
    await withRepository(async (repository) => {
      expect(await repository.enroll({ ...FACTS, major: 19 })).toMatchObject({
        systemId: MADE_SYSTEM_ID,
        majors: [18, 19],
      });
      for (const other of [{ systemId: 1n }, { segmentBytes: 16 * 1024 * 1024 }]) {
        await expect(repository.enroll({ ...FACTS, ...other })).rejects.toMatchObject({ code: "REPOSITORY_FOREIGN" });
      }
    });
  });

  test("where somebody writes with a key, nobody writes without one any more", async () => {
    await withRepository(async (repository, path) => {
      const opened = (options: Partial<RepositoryOptions>): StoreRepository =>
        openRepository({ store: new DirectoryStore(path), clock: systemClock, ...options });
      await repository.enroll(FACTS);
      const encrypting = opened({ coding: { compression: "none", key: KEY }, keys: [KEY] });

      expect(await encrypting.enroll(FACTS)).toMatchObject({ isEncrypted: true });
      await expect(opened({}).enroll(FACTS)).rejects.toMatchObject({
        code: "ENCRYPTION_KEY",
        hint: expect.stringContaining("encryption_key_file") as string,
      });
      expect(await encrypting.enroll({ ...FACTS, major: 19 })).toMatchObject({ isEncrypted: true, majors: [18, 19] });
    });
  });

  test("a key that nobody has written with is taken only beside one that somebody has", async () => {
    await withRepository(async (_, path) => {
      const [old, fresh, mistyped] = ["ab", "cd", "ce"].map((digits) => parseMainKey(digits.repeat(32)));
      const opened = (...keys: (MainKey | undefined)[]): StoreRepository => {
        const given = keys.filter((key) => key !== undefined);
        const [key = null] = given;
        const coding = { compression: "none", key } as const;
        return openRepository({ store: new DirectoryStore(path), clock: systemClock, coding, keys: given });
      };
      await opened(old).enroll(FACTS);

      await expect(opened(mistyped).enroll(FACTS)).rejects.toMatchObject({
        code: "ENCRYPTION_KEY",
        message: expect.stringContaining(old?.id ?? "") as string,
        hint: expect.stringContaining("leave the old one below") as string,
      });
      expect(await opened(fresh, old).enroll(FACTS)).toMatchObject({ keyIds: [old?.id, fresh?.id] });
      expect(await opened(fresh).enroll(FACTS)).toMatchObject({ keyIds: [old?.id, fresh?.id] });
    });
  });

  test("where an earlier version has written, the first key that is given is the known one", async () => {
    await withRepository(async (repository, path) => {
      const { keyIds, ...identity } = { ...(await repository.identity()), systemId: String(MADE_SYSTEM_ID) };
      await writeText(repository.store, "repo.json", JSON.stringify({ ...identity, isEncrypted: true }));
      const coding = { compression: "none", key: KEY } as const;
      const encrypting = openRepository({ store: new DirectoryStore(path), clock: systemClock, coding, keys: [KEY] });

      expect(keyIds).toEqual([]);
      expect(await encrypting.enroll(FACTS)).toMatchObject({ isEncrypted: true, keyIds: [KEY.id] });
    });
  });

  test("a format of the future is refused", async () => {
    await withRepository(async (repository) => {
      await writeText(repository.store, "repo.json", '{"formatVersion": 99}');

      await expect(repository.identity()).rejects.toMatchObject({
        code: "REPOSITORY_FOREIGN",
        hint: expect.stringContaining("a newer one") as string,
      });
    });
  });
});

describe.each([
  ["as they are", {}],
  ["compressed", { coding: { compression: "gzip" as const } }],
  ["in the classic layout", { layout: "classic" as const }],
])("segments %s", (_, options: Partial<RepositoryOptions>) => {
  test("come back byte for byte, and are found and listed", async () => {
    await withRepository(async ({ wal }) => {
      expect(await wal.putSegment(SIX, () => [madeSegment(SIX)])).toBe("stored");
      expect(await wal.putSegment(FIVE, () => [madeSegment(FIVE)])).toBe("stored");

      expect((await bytesOf(await wal.getSegment(FIVE))).equals(madeSegment(FIVE))).toBe(true);
      expect(await wal.find(FIVE)).toMatchObject({ name: FIVE, timeline: 1, number: 5n });
      expect(await wal.find("000000010000000000000007")).toBeNull();
      expect((await allOf(wal.segments())).map(({ name }) => name)).toEqual([FIVE, SIX]);
      expect(await wal.hasRange(1, 0x500010n, 0x700000n)).toBe(true);
      expect(await wal.hasRange(1, 0x500010n, 0x700001n)).toBe(false);
    }, options);
  });

  test("may be stored twice, but never with other bytes", async () => {
    await withRepository(async ({ wal }) => {
      await wal.putSegment(FIVE, () => [madeSegment(FIVE)]);

      expect(await wal.putSegment(FIVE, () => [madeSegment(FIVE)])).toBe("present");
      await expect(wal.putSegment(FIVE, () => [madeSegment(FIVE, 2)])).rejects.toMatchObject({ code: "WAL_DIFFERS" });
      expect((await bytesOf(await wal.getSegment(FIVE))).equals(madeSegment(FIVE))).toBe(true);
    }, options);
  });

  test("that do not fit name, cluster or length are refused, and nothing is left", async () => {
    await withRepository(async ({ wal, store }) => {
      const wrong = [madeSegment(SIX), madeSegment(FIVE, 1, 1n), madeSegment(FIVE).subarray(0, 8192), Buffer.alloc(10)];
      for (const bytes of wrong) {
        await expect(wal.putSegment(FIVE, () => [bytes])).rejects.toMatchObject({ code: "WAL_INVALID" });
      }

      expect(await allOf(wal.segments())).toEqual([]);
      expect((await allOf(store.list(""))).map(({ name }) => name)).toEqual(["repo.json"]);
    }, options);
  });

  test("whose record was lost in a crash are the same segments, and get it again", async () => {
    await withRepository(async ({ wal, store }) => {
      await wal.putSegment(FIVE, () => [madeSegment(FIVE)]);
      const records = (await allOf(store.list(""))).filter(({ name }) => name.endsWith(`${FIVE}.json`));
      await store.delete(records.map(({ name }) => name));

      expect(await wal.find(FIVE)).toMatchObject({ name: FIVE });
      expect(await wal.putSegment(FIVE, () => [madeSegment(FIVE)])).toBe("present");
      await expect(wal.putSegment(FIVE, () => [madeSegment(FIVE, 2)])).rejects.toMatchObject({ code: "WAL_DIFFERS" });
      expect(await store.stat(records[0]!.name)).not.toBeNull();
    }, options);
  });
});

test("a damaged segment is told at its end", async () => {
  await withRepository(async ({ wal }, path) => {
    await wal.putSegment(FIVE, () => [madeSegment(FIVE)]);
    const object = (await wal.find(FIVE))!.object;
    const bytes = madeSegment(FIVE);
    bytes[5000]! ^= 1;
    writeFileSync(`${path}/${object}`, bytes);

    await expect(bytesOf(await wal.getSegment(FIVE))).rejects.toMatchObject({ code: "REPOSITORY_DAMAGED" });
  });
});

test("a file that is adopted is stored without a copy, and its name may go then", async () => {
  await withRepository(async ({ wal }, path) => {
    writeFileSync(`${path}/spooled`, madeSegment(FIVE));

    expect(await wal.adoptSegment(FIVE, `${path}/spooled`)).toBe("stored");
    expect(await wal.adoptSegment(FIVE, `${path}/spooled`)).toBe("present");
    rmSync(`${path}/spooled`);
    expect((await bytesOf(await wal.getSegment(FIVE))).equals(madeSegment(FIVE))).toBe(true);
  });
});

test("deleted segments are gone with their records", async () => {
  await withRepository(async ({ wal, store }) => {
    await wal.putSegment(FIVE, () => [madeSegment(FIVE)]);
    await wal.putSegment(SIX, () => [madeSegment(SIX)]);

    await wal.deleteSegments([(await wal.find(FIVE))!]);

    expect(await wal.find(FIVE)).toBeNull();
    expect((await allOf(store.list("wal/"))).every(({ name }) => name.includes(SIX))).toBe(true);
  });
});

test.each([
  ["as it is", {}],
  ["coded", { coding: { compression: "gzip" as const, key: KEY }, keys: [KEY] }],
])(
  "a begun segment that came with a backup is no complete one, and does not stand in its way: %s",
  async (_, options) => {
    await withRepository(async ({ wal }) => {
      const bytes = madeSegment(FIVE);
      await wal.putPartial(FIVE, bytes, { writtenLsn: 0x500100n, flushedLsn: 0x500100n, isCopy: true });

      expect([await wal.find(FIVE), await allOf(wal.segments())]).toEqual([null, []]);
      expect(await wal.partials()).toMatchObject([{ name: FIVE, flushedLsn: 0x500100n, isCopy: true }]);
      expect((await bytesOf(await wal.getPartial(FIVE))).equals(bytes)).toBe(true);
      expect(await wal.hasRange(1, 0x500010n, 0x500100n, { partial: true })).toBe(true);
      expect(await wal.hasRange(1, 0x500010n, 0x500108n, { partial: true })).toBe(false);
      expect(await wal.putSegment(FIVE, () => [madeSegment(FIVE, 2)])).toBe("stored");
    }, options);
  },
);

test("history files are kept as they are, and two versions of one are refused", async () => {
  await withRepository(async ({ wal }) => {
    const text = "1\t0/3000128\tno recovery target specified\n";

    expect([await wal.putHistory(2, text), await wal.putHistory(2, text)]).toEqual(["stored", "present"]);
    await expect(wal.putHistory(2, "1\t0/4000000\tother\n")).rejects.toMatchObject({ code: "WAL_DIFFERS" });
    expect([await wal.history(2), await wal.history(3), await wal.histories()]).toEqual([text, null, [2]]);
  });
});

test("gaps are recorded once, and acknowledged", async () => {
  await withRepository(async ({ wal }) => {
    const gap = { timeline: 1, startLsn: 0x500000n, endLsn: 0x800000n, reason: "removed" };
    await wal.recordGap(gap);
    await wal.recordGap(gap);

    expect(await wal.gaps()).toMatchObject([{ ...gap, isAcknowledged: false }]);
    expect([await wal.acknowledgeGaps(0x500000n), await wal.acknowledgeGaps(0x500001n)]).toEqual([0, 1]);
    expect(await wal.gaps()).toMatchObject([{ isAcknowledged: true }]);
  });
});

test("gaps that several processes record and acknowledge at once are all there", async () => {
  using folder = temporaryFolder();
  const open = () => openRepository({ store: new DirectoryStore(folder.path), clock: systemClock });
  const [one, other, third] = [open().wal, open().wal, open().wal];
  const gapAt = (number: number) => ({
    ...{ timeline: 1, reason: "removed" },
    ...{ startLsn: BigInt(number) * 0x100000n, endLsn: BigInt(number + 1) * 0x100000n },
  });
  await one.recordGap(gapAt(1));

  const record = [2, 3, 4, 5].flatMap((number) => [one, other].map((wal) => wal.recordGap(gapAt(number))));
  await Promise.all([...record, third.acknowledgeGaps(gapAt(1).endLsn)]);

  const gaps = [...(await one.gaps())].sort((a, b) => Number(a.startLsn - b.startLsn));
  expect(gaps.map(({ isAcknowledged }) => isAcknowledged)).toEqual([true, false, false, false, false]);
  expect(gaps).toMatchObject([1, 2, 3, 4, 5].map(gapAt));
  expect(readdirSync(`${folder.path}/lock`)).toEqual([]);
});

describe("a lease", () => {
  test("has one holder at a time", async () => {
    await withRepository(async (repository, path) => {
      const lease = await repository.lease("backup");

      await expect(repository.lease("backup")).rejects.toMatchObject({ code: "LEASE_HELD" });
      await using other = await repository.lease("receive");
      await lease.release();
      await using again = await repository.lease("backup");

      expect([other.lost.aborted, again.lost.aborted]).toEqual([false, false]);
      expect(readdirSync(`${path}/lock`).sort()).toEqual(["backup.json", "receive.json"]);
    });
  });

  const ELSEWHERE = { host: "elsewhere", pid: 1, bootId: "", started: "", token: "x" };
  const hold = ({ store }: StoreRepository, heartbeatMs: number, name = "backup"): Promise<unknown> =>
    writeText(store, `lock/${name}.json`, JSON.stringify({ ...ELSEWHERE, heartbeatMs }));

  /** Sleeps pass at once, and are counted; `meanwhile` happens in each. */
  function watching(meanwhile: () => Promise<unknown> = () => Promise.resolve()) {
    const clock = { ...systemClock, sleptMs: 0 };
    clock.sleep = async (ms) => {
      clock.sleptMs += ms;
      await meanwhile();
    };
    return clock;
  }

  test.each([
    ["behind ours", -3_600_000],
    ["ahead of ours", 3_600_000],
  ])(
    "of a computer that is silent for a minute is taken over by one of several; its clock is %s",
    async (_, skewMs) => {
      const clock = watching();
      await withRepository(
        async (repository) => {
          await hold(repository, Date.now() + skewMs);

          const tries = await Promise.allSettled([1, 2, 3].map(() => repository.lease("backup")));
          const won = tries.filter((one) => one.status === "fulfilled");
          await won[0]?.value.release();

          expect(won).toHaveLength(1);
          expect(clock.sleptMs).toBeGreaterThanOrEqual(60_000);
        },
        { clock },
      );
    },
  );

  const begun = { name: FIVE, bytes: madeSegment(FIVE), endLsn: 5n * BigInt(MADE_SEGMENT_BYTES) + 16n, isWhole: false };

  test.each<[string, string, (repository: StoreRepository, signal: AbortSignal) => Promise<unknown>]>([
    ["backup", "a backup", (repository, signal) => repository.lease("backup", signal)],
    [
      "expire",
      "a pin",
      (repository, signal) => pinBackup(repository, { set: "20260101-000000F", untilMs: null }, signal),
    ],
    ["receive", "a begun segment", (repository, signal) => putBegun(repository, begun, { isCopy: false, signal })],
  ])("%s is waited for no longer by %s when a signal says so", async (name, _, wait) => {
    const stop = new AbortController();
    const clock = watching(() => {
      stop.abort();
      return Promise.resolve();
    });
    await withRepository(
      async (repository) => {
        const lsn = begun.endLsn - 8n;
        await repository.wal.putPartial(FIVE, begun.bytes, { writtenLsn: lsn, flushedLsn: lsn });
        await hold(repository, Date.now() - 3_600_000, name);

        await expect(wait(repository, stop.signal)).rejects.toMatchObject({ code: "ABORTED" });
        expect(clock.sleptMs).toBeLessThanOrEqual(10_000);
      },
      { clock },
    );
  });

  test("of a process elsewhere that still beats is respected, also when its clock is far behind", async () => {
    for (const skewMs of [-30_000, -3_600_000]) {
      let beats = 0;
      const clock = watching(() => hold(opened!, Date.now() + skewMs + (beats += 1)));
      let opened: StoreRepository | null = null;
      await withRepository(
        async (repository) => {
          opened = repository;
          await hold(repository, Date.now() + skewMs);

          await expect(repository.lease("backup")).rejects.toMatchObject({ code: "LEASE_HELD" });
        },
        { clock },
      );
    }
  });

  test("is lost when the store does not answer, before others take its holder for dead", async () => {
    await withRepository(async (repository) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const lease = await repository.lease("backup");
        repository.store.get = () => new Promise(() => undefined);
        await vi.advanceTimersByTimeAsync(39_000);
        const before = lease.lost.aborted;
        await vi.advanceTimersByTimeAsync(2_000);

        expect([before, lease.lost.aborted]).toEqual([false, true]);
        await expect(lease.requireHeld()).rejects.toMatchObject({ code: "STORE_FAILED" });
      } finally {
        vi.useRealTimers();
      }
    });
  });

  test("that somebody else has taken meanwhile is held no longer", async () => {
    await withRepository(async (repository) => {
      await using lease = await repository.lease("backup");
      await lease.requireHeld();
      await hold(repository, Date.now());

      await expect(lease.requireHeld()).rejects.toMatchObject({ code: "LEASE_HELD" });
      expect(lease.lost.aborted).toBe(true);
    });
  });
});
