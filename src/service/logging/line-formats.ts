// How a log line looks. All forms are made from the JSON object of the line, which is what pino gives.

export const logFormats = ["text", "json", "classic", "pgqd"] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogRecord {
  /** ISO, UTC. */
  readonly time: string;
  readonly level: string;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Fields that repeat what the text of the line says, or stand below it. */
const SPOKEN_FIELDS = new Set(["stats", "stack"]);

/** A whole line, with its end. Further lines of a text begin with a tab. */
export function formatLine(format: Exclude<LogFormat, "json">, json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const record = { time: String(time), level: String(level), text: String(msg), fields };
  return `${formats[format](record).replaceAll("\n", "\n\t")}\n`;
}

const formats: Readonly<Record<Exclude<LogFormat, "json">, (record: LogRecord) => string>> = {
  text: (record) => `${record.time} ${record.level.padEnd(5)} ${sentence(record)}`,
  classic: (record) => `${classicTime(record.time)} ${process.pid} ${classicLevel(record.level)} ${sentence(record)}`,
  pgqd: (record) => `${zonedTime(record.time)} [${process.pid}] ${pgqdLevel(record.level)} ${sentence(record)}`,
};

function sentence({ text, fields }: LogRecord): string {
  const shown = Object.entries(fields)
    .filter(([name]) => !SPOKEN_FIELDS.has(name))
    .map(([name, value]) => `${name}=${fieldText(value)}`);
  const stack = typeof fields["stack"] === "string" ? `\n${fields["stack"]}` : "";
  return `${text}${shown.length === 0 ? "" : ` (${shown.join(" ")})`}${stack}`;
}

function fieldText(value: unknown): string {
  return typeof value === "string" && /^[^\s"()]+$/.test(value) ? value : JSON.stringify(value);
}

function classicLevel(level: string): string {
  return level === "warn" ? "WARNING" : level.toUpperCase();
}

function pgqdLevel(level: string): string {
  const names: Readonly<Record<string, string>> = { warn: "WARNING", info: "LOG", trace: "NOISE" };
  return names[level] ?? level.toUpperCase();
}

/** `2026-01-02 03:04:05,678`, local time, as Python's logging has it. */
function classicTime(time: string): string {
  return localTime(new Date(time), ",");
}

/** `2026-01-02 03:04:05.678 UTC`. */
function zonedTime(time: string): string {
  const date = new Date(time);
  return `${localTime(date, ".")} ${zoneName(date)}`;
}

function localTime(date: Date, point: string): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock}${point}${String(date.getMilliseconds()).padStart(3, "0")}`;
}

function zoneName(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const hours = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, "0");
  const rest = Math.abs(minutes) % 60;
  return `${minutes < 0 ? "-" : "+"}${hours}${rest === 0 ? "" : `:${rest}`}`;
}
