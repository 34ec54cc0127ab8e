import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DoneBackup } from "../../../src/walmgr/backup/index.ts";
import { judgeBackups, type RetentionRules, segmentFilter, walBegins } from "../../../src/walmgr/retention/index.ts";
import { WalMap, type WalMapParts } from "../../../src/walmgr/wal-map/index.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-21T12:00:00Z");
const SEGMENT = 16 * 1024 * 1024;

const NO_RULES: RetentionRules = {
  ...{ keepBackups: null, keepDays: null, keepDaily: null, keepWeekly: null, keepMonthly: null, keepYearly: null },
  keepMin: 1,
};

const NO_FORKS = new WalMap({ segmentBytes: SEGMENT, segments: new Map(), histories: new Map(), partials: [] });

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
  map = NO_FORKS,
) {
  const verdicts = judgeBackups(backups, { ...NO_RULES, ...rules }, pins, NOW, map);
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

  test("the newest is the one that is furthest in the WAL, also when the clock was set back before it", () => {
    const setBack = backup(0, { set: "now", startedMs: NOW - 40 * DAY, finishedMs: NOW - 40 * DAY + 60_000 });
    const old = [backup(3), backup(2)];

    expect(staying([...old, setBack], { keepBackups: 1 })).toEqual(["now"]);
    expect(staying([...old, setBack], { keepDays: 7 })).toEqual(["b3", "b2", "now"]);
    expect(staying([...old, setBack], { keepDays: 1 })).toEqual(["b2", "now"]);
  });

  test("keep_days: the newest backup before these days counts only on the way to where the WAL goes on", () => {
    const switchLsn = backup(7).endLsn;
    const map = new WalMap({
      segmentBytes: SEGMENT,
      segments: new Map(),
      histories: new Map([[2, [{ timeline: 1, switchLsn, reason: "" }]]]),
      partials: [],
    });
    const left = [backup(9), backup(7), backup(5)];
    const returned = backup(2, { timeline: 2 });

    // The one of 5 days ago is on a timeline that was left, perhaps within these days.
    expect(staying([...left, returned], { keepDays: 3 }, [], map)).toEqual(["b7", "b5", "b2"]);
    expect(staying([...left, returned, backup(1, { timeline: 2 })], { keepDays: 1.5 }, [], map)).toEqual(["b2", "b1"]);
  });

  test("daily, weekly, monthly and yearly rules keep the newest of each period, and add up", () => {
    const long = [800, 400, 370, 60, 35, 20, 10, 3, 2, 1].map((days) => backup(days));

    expect(staying(long, { keepDaily: 2 })).toEqual(["b2", "b1"]);
    expect(staying(long, { keepDaily: 2, keepMonthly: 3 })).toEqual(["b60", "b35", "b2", "b1"]);
    expect(staying(long, { keepYearly: 3 })).toEqual(["b800", "b370", "b1"]);
  });

  test("a backup that is dated by a clock that was wrong takes one period, and no more", () => {
    const dated = (daysAgo: number, wrongBy: number) => {
      const right = backup(daysAgo);
      return { ...right, finishedMs: right.finishedMs + wrongBy * DAY };
    };
    const normal = [9, 8, 7, 6, 5, 4].map((days) => backup(days));
    const rest = [2, 1].map((days) => backup(days));

    for (const wrongBy of [365, -365]) {
      expect(staying([...normal, dated(3, wrongBy), ...rest], { keepDaily: 4 })).toEqual(["b4", "b3", "b2", "b1"]);
    }
    // Behind an older one all moments of these days are reached, whatever the later ones are dated.
    expect(staying([...normal, dated(3, -20), dated(2, -20), backup(1)], { keepDays: 2 })).toEqual(["b4", "b1"]);
  });

  test("of an incremental backup and the full one that was made of it the rules want the full one", () => {
    const incremental = (days: number, set: string, parent: string) =>
      backup(days, { set, type: "incremental", parent });
    const chain = [backup(9), incremental(8, "i8", "b9"), incremental(7, "i7", "i8"), backup(7, { set: "c7" })];
    const grown = [...chain, incremental(6, "i6", "c7")];
    const apart = [...chain, incremental(6, "i6", "i7")];

    expect(staying(grown, { keepBackups: 2 })).toEqual(["b9", "i8", "c7", "i6"]);
    expect(staying(grown, { keepBackups: 1 })).toEqual(["c7", "i6"]);
    expect(staying(grown, { keepDays: 6.5 })).toEqual(["c7", "i6"]);
    expect(staying(grown, { keepDaily: 2 })).toEqual(["c7", "i6"]);
    expect(staying(apart, { keepDaily: 1 })).toEqual(["b9", "i8", "i7", "c7", "i6"]);
    expect(staying(grown, { keepBackups: 1 }, [{ set: "i7", untilMs: null }])).toEqual(["b9", "i8", "i7", "c7", "i6"]);
    expect(staying(grown, {})).toHaveLength(5);
  });

  test("a pin keeps a backup and its parents until its day", () => {
    const backups = [backup(9), backup(8, { set: "i8", type: "incremental", parent: "b9" }), backup(1)];

    expect(staying(backups, { keepBackups: 1 }, [{ set: "i8", untilMs: null }])).toEqual(["b9", "i8", "b1"]);
    expect(staying(backups, { keepBackups: 1 }, [{ set: "i8", untilMs: NOW - 1 }])).toEqual(["b1"]);
  });
});

describe("WAL of a timeline whose history is missing", () => {
  const switches = [1, 2].map((timeline) => ({ timeline, switchLsn: BigInt(timeline * 100 * SEGMENT), reason: "" }));
  const at = (number: number, timeline: number, set: string) =>
    backup(0, { set, timeline, startLsn: BigInt(number * SEGMENT) + 40n, endLsn: BigInt((number + 1) * SEGMENT) });
  const segment = (timeline: number, number: number) =>
    ({ timeline, number: BigInt(number), name: "", object: "", storedBytes: 0 }) as const;
  const mapWith = (histories: WalMapParts["histories"]) =>
    new WalMap({ segmentBytes: SEGMENT, segments: new Map(), histories, partials: [] });

  test("stays when a newer timeline tells where it lies", () => {
    const map = mapWith(new Map([[3, switches]]));
    const backups = [at(50, 1, "old"), at(250, 3, "new")];
    const isNeeded = segmentFilter({ backups, begins: backups, map });

    expect(map.history(2)).toEqual([switches[0]]);
    expect(map.isOnPath(2, 1, backups[0]!.endLsn)).toBe(true);
    expect([isNeeded(segment(2, 150)), isNeeded(segment(3, 201)), isNeeded(segment(1, 49))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("stays when nothing tells it, and an older backup may lead there", () => {
    const backups = [at(50, 1, "old"), at(250, 3, "new")];
    const isNeeded = segmentFilter({ backups, begins: backups, map: mapWith(new Map()) });

    expect([isNeeded(segment(2, 150)), isNeeded(segment(3, 150)), isNeeded(segment(2, 49))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("goes when no backup can lead there: a cluster that was promoted before it had this repository", () => {
    const backups = [at(250, 3, "new")];
    const isNeeded = segmentFilter({ backups, begins: backups, map: mapWith(new Map()) });

    expect([isNeeded(segment(3, 249)), isNeeded(segment(3, 250))]).toEqual([false, true]);
  });
});

/**
 * A history of backups on two timelines, of which the second leaves the first at a random place: at its end, or as after a
 * recovery to an earlier moment, so that backups lie behind it on the first.
 */
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
    back: fc.integer({ min: 0, max: 12 }),
    keepBackups: fc.option(fc.integer({ min: 0, max: 4 })),
    keepDays: fc.option(fc.integer({ min: 0, max: 40 })),
    keepDaily: fc.option(fc.integer({ min: 0, max: 4 })),
    keepWeekly: fc.option(fc.integer({ min: 0, max: 3 })),
    keepMin: fc.integer({ min: 0, max: 3 }),
    keepWalDays: fc.option(fc.integer({ min: 0, max: 40 })),
    pins: fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 2 }),
  })
  .map(({ steps, fork, back, pins, keepWalDays, ...rules }) => {
    let [number, daysAgo] = [2, steps.reduce((total, { days }) => total + days, 0)];
    let forkAt: number | null = null;
    let left = 0;
    const backups: DoneBackup[] = [];
    for (const [i, { gap, isFull, days }] of steps.entries()) {
      if (i === fork) {
        left = number + 1;
        forkAt = number = Math.max(1, number - back);
      }
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
    const range = (from: number, to: number) =>
      new Set(Array.from({ length: to - from + 1 }, (_, i) => BigInt(from + i)));
    const segments = new Map([[1, range(1, forkAt === null ? last : left)]]);
    if (forkAt !== null) segments.set(2, range(forkAt, last));
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

function beginsOf(backups: readonly DoneBackup[], keepWalDays: number | null, map: WalMap): readonly DoneBackup[] {
  return walBegins(backups, keepWalDays === null ? null : NOW - keepWalDays * DAY, map);
}

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
  const begins = beginsOf(backups, keepWalDays, map);
  const isNeeded = segmentFilter({ backups, begins, map });
  const left = new Map(
    [...segments].map(([timeline, numbers]) => [
      timeline,
      new Set([...numbers].filter((number) => isNeeded({ timeline, number }))),
    ]),
  );
  const histories = new Map([...segments.keys()].map((timeline) => [timeline, map.history(timeline)]));
  return new WalMap({ segmentBytes: SEGMENT, segments: left, histories, partials: [] });
}

test("whatever the rules and the history: there is a full backup left, no chain is broken, and all can be restored", () => {
  fc.assert(
    fc.property(world, ({ backups, map, segments, rules, keepWalDays, pins }) => {
      const verdicts = judgeBackups(backups, rules, pins, NOW, map);
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

test("whatever the rules: every moment behind a backup that stays, or one of the window, can be reached as before", () => {
  fc.assert(
    fc.property(world, ({ backups, map, segments, rules, keepWalDays, pins }) => {
      const verdicts = judgeBackups(backups, rules, pins, NOW, map);
      const left = verdicts.filter(({ reasons }) => reasons.length > 0).map(({ backup: one }) => one);
      const after = remaining({ map, segments, backups: left, keepWalDays });
      const inWindow = left.filter(({ finishedMs }) => keepWalDays === null || finishedMs >= NOW - keepWalDays * DAY);

      for (const one of new Set([...inWindow, ...beginsOf(left, keepWalDays, map)])) {
        for (const target of map.timelines.filter((other) => map.isOnPath(other, one.timeline, one.endLsn))) {
          const from = { timeline: one.timeline, lsn: one.startLsn };
          expect(after.reach(from, target)?.endLsn).toEqual(map.reach(from, target)?.endLsn);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("the first moments of the window can be reached on the newest timeline, whatever lies on others", () => {
  fc.assert(
    fc.property(world, fc.integer({ min: 0, max: 40 }), ({ backups, map, segments, rules, pins }, days) => {
      const verdicts = judgeBackups(backups, { ...rules, keepDays: days }, pins, NOW, map);
      const left = verdicts.filter(({ reasons }) => reasons.length > 0).map(({ backup: one }) => one);
      const after = remaining({ map, segments, backups: left, keepWalDays: days });
      const newest = map.timelines.at(-1)!;
      const before = backups
        .filter(({ finishedMs }) => finishedMs < NOW - days * DAY)
        .filter((one) => map.isOnPath(newest, one.timeline, one.endLsn))
        .at(-1);

      if (before === undefined) return;
      expect(left).toContain(before);
      const from = { timeline: before.timeline, lsn: before.startLsn };
      expect(after.reach(from, newest)?.endLsn).toEqual(map.reach(from, newest)?.endLsn);
    }),
    { numRuns: 500 },
  );
});
