// Durations and sizes as configuration writes them: a plain number in the option's own unit, or with a unit.
// The words and the hh:mm:ss form of PostgreSQL's intervals are read too, because old keys take intervals.
import { readNumber } from "./config/values.ts";

export const durationUnits = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export type DurationUnit = keyof typeof durationUnits;

export const sizeUnits = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
export type SizeUnit = keyof typeof sizeUnits;

/** Other ways to write the units. */
const aliases: Readonly<Record<string, DurationUnit>> = {
  ...{ msec: "ms", msecs: "ms", millisecond: "ms", milliseconds: "ms" },
  ...{ sec: "s", secs: "s", second: "s", seconds: "s" },
  ...{ m: "min", mins: "min", minute: "min", minutes: "min" },
  ...{ hr: "h", hrs: "h", hour: "h", hours: "h" },
  ...{ day: "d", days: "d" },
};

/** Milliseconds of "500ms", "2h", "1h 30min", "00:05:00" or a plain number of `unit`; null when it is none of these. */
export function parseDuration(text: string, unit: DurationUnit = "s"): number | null {
  const plain = readNumber(text);
  if (plain !== null) return plain * durationUnits[unit];
  const clock = /^\s*(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*$/.exec(text);
  if (clock !== null) return (Number(clock[1]) * 60 + Number(clock[2])) * 60_000 + Number(clock[3] ?? 0) * 1000;
  let sum = 0;
  let rest = text.trim();
  if (rest === "") return null;
  while (rest !== "") {
    const part = /^(\d+(?:\.\d+)?)\s*([a-z]+)\s*/i.exec(rest);
    const factor = part?.[2] === undefined ? null : durationFactor(part[2].toLowerCase());
    if (part === null || factor === null) return null;
    sum += Number(part[1]) * factor;
    rest = rest.slice(part[0].length);
  }
  return sum;
}

/** Written so that parseDuration reads the same back. Whole units only: 90 000 ms is "90s". */
export function formatDuration(ms: number): string {
  const unit = (["d", "h", "min", "s"] as const).find((u) => ms !== 0 && ms % durationUnits[u] === 0) ?? "ms";
  return `${ms / durationUnits[unit]}${unit}`;
}

/** Bytes of "10MB", "64 kB" or a plain number of `unit`; null when it is neither. Units are powers of 1024, as in PostgreSQL. */
export function parseSize(text: string, unit: SizeUnit = "B"): number | null {
  const plain = readNumber(text);
  if (plain !== null) return plain * sizeUnits[unit];
  const matched = /^\s*(\d+(?:\.\d+)?)\s*([kmgtpe]?b?)\s*$/i.exec(text);
  if (matched === null) return null;
  const letter = (matched[2] ?? "").charAt(0).toLowerCase();
  const power = "bkmgtpe".indexOf(letter);
  return Math.round(Number(matched[1]) * 1024 ** power);
}

function durationFactor(name: string): number | null {
  const unit = aliases[name] ?? name;
  return Object.hasOwn(durationUnits, unit) ? durationUnits[unit as DurationUnit] : null;
}
