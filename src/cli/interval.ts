// Intervals as PostgreSQL writes them, for whoever is used to those: "2 hours", "1 day 02:00:00", "00:00:03".

const UNITS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
};

const SHORT: Readonly<Record<string, string>> = { msec: "millisecond", sec: "second", min: "minute", hr: "hour" };

/** Milliseconds, or null when it is no interval of whole known units. Months and years have no fixed length. */
export function parseInterval(text: string): number | null {
  let rest = text.trim().toLowerCase();
  if (rest === "") return null;
  let sum = 0;
  while (rest !== "") {
    const part = /^(\d+(?:\.\d+)?)\s*([a-z]+)\s*|^(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*/.exec(rest);
    if (part === null) return null;
    rest = rest.slice(part[0].length);
    const [, count, unit, hours, minutes, seconds = "0"] = part;
    if (unit === undefined) {
      sum += (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
      continue;
    }
    const singular = unit.replace(/s$/, "");
    const size = UNITS[SHORT[singular] ?? singular];
    if (size === undefined) return null;
    sum += Number(count) * size;
  }
  return sum;
}
