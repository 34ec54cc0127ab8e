// Pairs of majors for what goes on between two servers: each with itself, and the oldest with the newest both ways.
import { majors } from "./database.ts";

export interface MajorPair {
  readonly from: number;
  readonly to: number;
}

/** For `describe.each(majorPairs())("… ($from to $to)", …)`. */
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
