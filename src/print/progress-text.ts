// How far a long work is, as a line of text: share, count, rate and the time that is left.
import { shortDuration, shortRate, shortSize } from "./units.ts";

/** What a long work tells of itself, as often as it likes. */
export interface Progress {
  /** Of `total`, in the unit of the work. */
  readonly done: number;
  /** null: not known. */
  readonly total: number | null;
  readonly unit: "rows" | "bytes" | "tables" | "files" | "segments";
  /** Beside it, such as the bytes of a work that is counted in rows. */
  readonly bytes?: number;
  /** What it is at now, behind the figures. */
  readonly now?: string;
}

export interface ProgressFigures {
  /** 0 to 1; null: not known. */
  readonly share: number | null;
  /** Units a second since the start. */
  readonly rate: number | null;
  /** null: not known. */
  readonly leftMs: number | null;
}

export function progressFigures({ done, total }: Progress, elapsedMs: number): ProgressFigures {
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : null;
  const share = total === null || total <= 0 ? null : Math.min(1, done / total);
  const isKnown = total !== null && rate !== null && rate > 0;
  return { share, rate, leftMs: isKnown ? (Math.max(0, total - done) / rate) * 1000 : null };
}

/** `42 %, 4200000 of 10000000 rows (1.2 GB), 120000 rows/s, 48s left`; of tables no rate, as none is like the other. */
export function formatProgress(progress: Progress, elapsedMs: number): string {
  const { done, total, unit, bytes, now = "" } = progress;
  const { share, rate, leftMs } = progressFigures(progress, elapsedMs);
  const amount = (n: number): string => (unit === "bytes" ? (shortSize(n) ?? "") : String(Math.floor(n)));
  const beside = unit === "bytes" ? "" : ` ${unit}`;
  const parts = [
    ...(share === null ? [] : [`${Math.floor(share * 100)} %`]),
    `${amount(done)}${total === null ? "" : ` of ${amount(total)}`}${beside}${bytes === undefined ? "" : ` (${shortSize(bytes) ?? ""})`}`,
    ...(rate === null || unit === "tables"
      ? []
      : [unit === "bytes" ? `${shortSize(rate) ?? ""}/s` : `${shortRate(rate) ?? ""} ${unit}/s`]),
    ...(leftMs === null || share === 1 ? [] : [`${shortDuration(leftMs) ?? ""} left`]),
  ];
  return `${parts.join(", ")}${now === "" ? "" : `; ${now}`}`;
}
