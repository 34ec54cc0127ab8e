// Majors for tests that are too long for all of them, and pairs of majors for what goes on between two servers.
import { majors } from "./database.ts";

export interface MajorPair {
  readonly from: number;
  readonly to: number;
}

/** The newest and the oldest. */
export function endMajors(): readonly number[] {
  const all = [...majors()].sort((a, b) => b - a);
  return all.length < 2 ? all : [all[0] as number, all.at(-1) as number];
}

/** Each with itself, and the oldest with the newest both ways. For `describe.each(majorPairs())("… ($from to $to)", …)`. */
export function majorPairs(): readonly MajorPair[] {
  const all = [...majors()].sort((a, b) => a - b);
  const [oldest, newest] = [all[0], all.at(-1)];
  const same = all.map((major) => ({ from: major, to: major }));
  if (oldest === undefined || newest === undefined || oldest === newest) return same;
  return [...same, { from: oldest, to: newest }, { from: newest, to: oldest }];
}

/** From the oldest to the newest and back; a run of one major has only that. */
export function crossPairs(): readonly MajorPair[] {
  const all = majorPairs();
  return all.length === 1 ? all : all.filter(({ from, to }) => from !== to);
}
