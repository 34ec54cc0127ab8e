// How far a copy is, as a line of text.
import { shortDuration, shortSize } from "../../print/index.ts";
import type { CopyProgress } from "./progress.ts";

type Figures = Pick<CopyProgress, "rows" | "bytes" | "fraction" | "bytesPerSecond" | "secondsLeft">;

/** `42 %, 1200000 rows, 130 MB, 24 MB/s, 1m 04s left`. Rows are counted when their range is stored. */
export function copyProgressText({ rows, bytes, fraction, bytesPerSecond, secondsLeft }: Figures): string {
  return [
    ...(fraction === null ? [] : [`${Math.floor(fraction * 100)} %`]),
    ...(rows === 0n ? [] : [`${rows} rows`]),
    shortSize(Number(bytes)) ?? "",
    `${shortSize(bytesPerSecond) ?? ""}/s`,
    ...(secondsLeft === null ? [] : [`${shortDuration(secondsLeft * 1000) ?? ""} left`]),
  ].join(", ");
}
