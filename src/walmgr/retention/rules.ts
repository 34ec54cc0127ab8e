// Which backups stay, and why. Pure: a clock's time, a list and the timelines go in, a decision comes out.
import { type DoneBackup, isSameMoment } from "../backup/index.ts";
import type { WalMap } from "../wal-map/index.ts";
import { neededForWindow } from "./window.ts";

export interface RetentionRules {
  /** Newest full backups, with what builds on them. Null: no such rule. */
  readonly keepBackups: number | null;
  /** Full backups needed to reach any moment of the last so many days. */
  readonly keepDays: number | null;
  /** One backup for each of the last so many days, weeks, months, years that have one. */
  readonly keepDaily: number | null;
  readonly keepWeekly: number | null;
  readonly keepMonthly: number | null;
  readonly keepYearly: number | null;
  /** Never fewer full backups than this. Default 1. */
  readonly keepMin: number;
}

/** A backup that stays until a date, or for good. */
export interface Pin {
  readonly set: string;
  /** Milliseconds since 1970; null: until it is taken away. */
  readonly untilMs: number | null;
  /** Default: "pinned". */
  readonly why?: string;
}

export interface Verdict {
  readonly backup: DoneBackup;
  /** Why it stays; empty: it may go. */
  readonly reasons: readonly string[];
}

const DAY_MS = 86_400_000;

/**
 * A verdict on every backup, in the order given (oldest first, by compareAge). Without any rule everything stays. For an
 * incremental one the rules take the full one that was made of it and its chain, where there is one.
 */
export function judgeBackups(
  backups: readonly DoneBackup[],
  rules: RetentionRules,
  pins: readonly Pin[],
  nowMs: number,
  map: Pick<WalMap, "timelines" | "isOnPath">,
): readonly Verdict[] {
  const reasons = new Map<string, string[]>(backups.map(({ set }) => [set, []]));
  const keep = (backup: DoneBackup | undefined, why: string): void => void reasons.get(backup?.set ?? "")?.push(why);
  const newestFirst = backups.toReversed();
  const counted = backups.filter((one) => !isCombined(one, backups));
  const countedFirst = counted.toReversed();
  const fulls = newestFirst.filter(({ type }) => type === "full");

  for (const pin of pins) {
    if (pin.untilMs === null || pin.untilMs > nowMs)
      keep(
        backups.find(({ set }) => set === pin.set),
        pin.why ?? "pinned",
      );
  }
  if (!hasRule(rules)) for (const backup of backups) keep(backup, "no rule says otherwise");
  for (const full of fulls.slice(0, rules.keepBackups ?? 0)) keepFamily(full, "keep_backups");
  if (rules.keepDays !== null) {
    for (const backup of neededForWindow(counted, nowMs - rules.keepDays * DAY_MS, map)) keep(backup, "keep_days");
  }
  keepPeriods("keep_daily", rules.keepDaily, (ms) => dateText(ms).slice(0, 10));
  keepPeriods("keep_weekly", rules.keepWeekly, weekOf);
  keepPeriods("keep_monthly", rules.keepMonthly, (ms) => dateText(ms).slice(0, 7));
  keepPeriods("keep_yearly", rules.keepYearly, (ms) => dateText(ms).slice(0, 4));
  for (const full of fulls.slice(0, Math.max(1, rules.keepMin))) keepFamily(full, "keep_min");
  keepParents();
  return backups.map((backup) => ({ backup, reasons: [...new Set(reasons.get(backup.set))] }));

  /** Incremental backups live with the full one they begin from. */
  function keepFamily(full: DoneBackup, why: string): void {
    for (const backup of countedFirst) if (rootOf(backup, backups) === full.set) keep(backup, why);
  }

  /** The newest backup of each of the newest periods. */
  function keepPeriods(why: string, count: number | null, periodOf: (ms: number) => string): void {
    const seen = new Set<string>();
    for (const backup of countedFirst) {
      if (seen.size >= (count ?? 0)) return;
      const period = periodOf(backup.finishedMs);
      if (!seen.has(period)) keep(backup, why);
      seen.add(period);
    }
  }

  function keepParents(): void {
    for (const backup of newestFirst) {
      if ((reasons.get(backup.set) ?? []).length === 0) continue;
      for (let at: DoneBackup | undefined = backup; at !== undefined && at.parent !== null;) {
        const parent: string = at.parent;
        at = backups.find(({ set }) => set === parent);
        keep(at, `needed by ${backup.set}`);
      }
    }
  }
}

/** What stays by either of two judgements, the second one of fewer backups. */
export function withVerdictsOf(all: readonly Verdict[], fewer: readonly Verdict[]): readonly Verdict[] {
  const more = new Map(fewer.map(({ backup, reasons }) => [backup.set, reasons]));
  return all.map(({ backup, reasons }) => ({
    backup,
    reasons: [...new Set([...reasons, ...(more.get(backup.set) ?? [])])],
  }));
}

/** There is a full backup of the same moment. */
function isCombined(backup: DoneBackup, backups: readonly DoneBackup[]): boolean {
  return backup.type === "incremental" && backups.some((one) => one.type === "full" && isSameMoment(one, backup));
}

/** The full backup that a backup begins from; its own name for a full one, null when the chain is broken. */
export function rootOf(backup: DoneBackup, backups: readonly DoneBackup[]): string | null {
  let at: DoneBackup | undefined = backup;
  for (let links = 0; at !== undefined && links <= backups.length; links += 1) {
    if (at.parent === null) return at.set;
    const parent: string = at.parent;
    at = backups.find(({ set }) => set === parent);
  }
  return null;
}

function hasRule(rules: RetentionRules): boolean {
  const { keepBackups, keepDays, keepDaily, keepWeekly, keepMonthly, keepYearly } = rules;
  return [keepBackups, keepDays, keepDaily, keepWeekly, keepMonthly, keepYearly].some((rule) => rule !== null);
}

function dateText(ms: number): string {
  return new Date(ms).toISOString();
}

/** The Monday of the week, UTC. */
function weekOf(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  return dateText((days - ((days + 3) % 7)) * DAY_MS).slice(0, 10);
}
