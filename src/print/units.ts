// Times, counts and sizes as tables show them.

/** "1.2s", "3m 05s", "2h 10m", "4d 3h" of milliseconds; null stays null. */
export function shortDuration(ms: number | null): string | null {
  if (ms === null) return null;
  if (ms < 0) return `-${shortDuration(-ms) ?? ""}`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))}s`.replace(/^60s$/, "1m 00s");
  const s = Math.round(ms / 1000);
  if (s < 3600) return `${Math.floor(s / 60)}m ${two(s % 60)}s`;
  if (s < 86_400) return `${Math.floor(s / 3600)}h ${two(Math.floor((s % 3600) / 60))}m`;
  return `${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3600)}h`;
}

/** A whole setting: "3s", "2h", "500ms", "1h 30m". */
export function settingDuration(ms: number | null): string | null {
  if (ms === null) return null;
  if (ms === 0) return "0s";
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1000],
    ["ms", 1],
  ] as const) {
    const count = unit === "ms" ? rest : Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ");
}

/** "12.3" below 100, whole numbers above. */
export function shortRate(perSecond: number | null): string | null {
  if (perSecond === null) return null;
  return perSecond < 100 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

/** Powers of 1024, as PostgreSQL counts. */
export function shortSize(bytes: number | null): string | null {
  if (bytes === null) return null;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ""}`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
