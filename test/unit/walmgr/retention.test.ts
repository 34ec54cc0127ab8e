import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DoneBackup } from "../../../src/walmgr/backup/index.ts";
import { judgeBackups, type RetentionRules, segmentFilter, windowBegin } from "../../../src/walmgr/retention/index.ts";
import { WalMap } from "../../../src/walmgr/wal-map/index.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-21T12:00:00Z");
const SEGMENT = 16 * 1024 * 1024;

const NO_RULES: RetentionRules = {
  ...{ keepBackups: null, keepDays: null, keepDaily: null, keepWeekly: null, keepMonthly: null, keepYearly: null },
  keepMin: 1,
};

function backup(daysAgo: number, more: Partial<DoneBackup> = {}): DoneBackup {
  const startedMs = NOW - daysAgo * DAY;
  const startLsn = BigInt(Math.round((1000 - daysAgo) * 10)) * BigInt(SEGMENT);
  return {
    set: `b${daysAgo}`,
    type: "full",
    state: "done",
    parent: null,
    startedMs,
    finishedMs: startedMs + 60_000,
    startLsn,
    endLsn: startLsn + BigInt(SEGMENT) + 100n,
    timeline: 1,
    ...more,
  } as DoneBackup;
}

function staying(
  backups: readonly DoneBackup[],
  rules: Partial<RetentionRules>,
  pins: readonly { set: string; untilMs: number | null }[] = [],
) {
  const verdicts = judgeBackups(backups, { ...NO_RULES, ...rules }, pins, NOW);
  return verdicts.filter(({ reasons }) => reasons.length > 0).map(({ backup: { set } }) => set);
}

describe("which backups stay", () => {
  const daily = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((days) => backup(days));

  test("without a rule all of them", () => {
    expect(staying(daily, {})).toHaveLength(9);
  });

  test("keep_backups counts full backups, and what builds on them stays with them", () => {
    const chain = [
      backup(9),
      backup(8, { set: "i8", type: "incremental", parent: "b9" }),
      backup(5),
      backup(4, { set: "i4", type: "incremental", parent: "b5" }),
      backup(3, { set: "i3", type: "incremental", parent: "i4" }),
    ];

    expect(staying(chain, { keepBackups: 1 })).toEqual(["b5", "i4", "i3"]);
  });

  test("keep_days keeps the backup from which the first of these days is reached", () => {
    expect(staying(daily, { keepDays: 3 })).toEqual(["b4", "b3", "b2", "b1"]);
  });

  test("daily, weekly, monthly and yearly rules keep the newest of each period, and add up", () => {
    const long = [800, 400, 370, 60, 35, 20, 10, 3, 2, 1].map((days) => backup(days));

    expect(staying(long, { keepDaily: 2 })).toEqual(["b2", "b1"]);
    expect(staying(long, { keepDaily: 2, keepMonthly: 3 })).toEqual(["b60", "b35", "b2", "b1"]);
    expect(staying(long, { keepYearly: 3 })).toEqual(["b800", "b370", "b1"]);
  });

  test("a pin keeps a backup and its parents until its day", () => {
    const backups = [backup(9), backup(8, { set: "i8", type: "incremental", parent: "b9" }), backup(1)];

    expect(staying(backups, { keepBackups: 1 }, [{ set: "i8", untilMs: null }])).toEqual(["b9", "i8", "b1"]);
    expect(staying(backups, { keepBackups: 1 }, [{ set: "i8", untilMs: NOW - 1 }])).toEqual(["b1"]);
  });
});

/** A history of backups on two timelines, of which the second leaves the first at a random place. */
const world = fc
  .record({
    steps: fc.array(
      fc.record({ gap: fc.integer({ min: 0, max: 6 }), isFull: fc.boolean(), days: fc.integer({ min: 0, max: 9 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    ),
    fork: fc.integer({ min: 0, max: 12 }),
    keepBackups: fc.option(fc.integer({ min: 0, max: 4 })),
    keepDays: fc.option(fc.integer({ min: 0, max: 40 })),
    keepDaily: fc.option(fc.integer({ min: 0, max: 4 })),
    keepWeekly: fc.option(fc.integer({ min: 0, max: 3 })),
    keepMin: fc.integer({ min: 0, max: 3 }),
    keepWalDays: fc.option(fc.integer({ min: 0, max: 40 })),
    pins: fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 2 }),
  })
  .map(({ steps, fork, pins, keepWalDays, ...rules }) => {
    let [number, daysAgo] = [2, steps.reduce((total, { days }) => total + days, 0)];
    let forkAt: number | null = null;
    const backups: DoneBackup[] = [];
    for (const [i, { gap, isFull, days }] of steps.entries()) {
      if (i === fork) forkAt = number;
      const parent = isFull ? null : (backups.at(-1) ?? null);
      number += gap;
      const startLsn = BigInt(number) * BigInt(SEGMENT) + 40n;
      backups.push(
        backup(daysAgo, {
          set: `s${i}`,
          startLsn,
          endLsn: startLsn + BigInt(SEGMENT),
          timeline: forkAt === null ? 1 : 2,
          ...(parent === null ? {} : { type: "incremental" as const, parent: parent.set }),
        }),
      );
      number += 2;
      daysAgo -= days;
    }
    const last = number + 3;
    const all = (from: number) => new Set(Array.from({ length: last - from + 1 }, (_, i) => BigInt(from + i)));
    const segments = new Map([
      [1, forkAt === null ? all(1) : new Set([...all(1)].filter((n) => n <= BigInt(forkAt + 1)))],
    ]);
    if (forkAt !== null) segments.set(2, all(forkAt));
    const histories = new Map(
      forkAt === null ? [] : [[2, [{ timeline: 1, switchLsn: BigInt(forkAt) * BigInt(SEGMENT) + 20n, reason: "" }]]],
    );
    const map = new WalMap({ segmentBytes: SEGMENT, segments, histories, partials: [] });
    return {
      backups,
      map,
      segments,
      rules: { ...NO_RULES, ...rules },
      keepWalDays,
      pins: pins.map((i) => ({ set: `s${i}`, untilMs: null })),
    };
  });

/** What is left of the WAL after an expire, as recovery sees it. */
function remaining({
  map,
  segments,
  backups,
  keepWalDays,
}: {
  map: WalMap;
  segments: ReadonlyMap<number, ReadonlySet<bigint>>;
  backups: readonly DoneBackup[];
  keepWalDays: number | null;
}) {
  const isNeeded = segmentFilter({ backups, windowBegin: windowBegin(backups, keepWalDays, NOW), map });
  const left = new Map(
    [...segments].map(([timeline, numbers]) => [
      timeline,
      new Set([...numbers].filter((number) => isNeeded({ timeline, number, name: "", object: "", storedBytes: 0 }))),
    ]),
  );
  const histories = new Map([...segments.keys()].map((timeline) => [timeline, map.history(timeline)]));
  return new WalMap({ segmentBytes: SEGMENT, segments: left, histories, partials: [] });
}

test("whatever the rules and the history: there is a full backup left, no chain is broken, and all can be restored", () => {
  fc.assert(
    fc.property(world, ({ backups, map, segments, rules, keepWalDays, pins }) => {
      const verdicts = judgeBackups(backups, rules, pins, NOW);
      const left = verdicts.filter(({ reasons }) => reasons.length > 0).map(({ backup: one }) => one);
      const after = remaining({ map, segments, backups: left, keepWalDays });

      const fulls = backups.filter(({ type }) => type === "full").length;
      expect(left.filter(({ type }) => type === "full").length).toBeGreaterThanOrEqual(
        Math.min(fulls, Math.max(1, rules.keepMin)),
      );
      for (const one of left) {
        if (one.parent !== null) expect(left.map(({ set }) => set)).toContain(one.parent);
        const reach = after.reach({ timeline: one.timeline, lsn: one.startLsn }, one.timeline);
        expect(reach!.endLsn >= one.endLsn).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test("whatever the rules: from the newest backup before the window every later moment can be reached as before", () => {
  fc.assert(
    fc.property(world, ({ backups, map, segments, rules, keepWalDays, pins }) => {
      const verdicts = judgeBackups(backups, rules, pins, NOW);
      const left = verdicts.filter(({ reasons }) => reasons.length > 0).map(({ backup: one }) => one);
      const after = remaining({ map, segments, backups: left, keepWalDays });
      const begin = windowBegin(left, keepWalDays, NOW) ?? left.reduce((a, b) => (a.startLsn <= b.startLsn ? a : b));

      for (const one of left.filter(({ startLsn }) => startLsn >= begin.startLsn)) {
        for (const target of map.timelines.filter((timeline) => timeline >= one.timeline)) {
          const from = { timeline: one.timeline, lsn: one.startLsn };
          expect(after.reach(from, target)?.endLsn).toEqual(map.reach(from, target)?.endLsn);
        }
      }
    }),
    { numRuns: 500 },
  );
});
