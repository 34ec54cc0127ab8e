// Our ticker as a process of its own: ticker-process.js URL DATABASE FAST-PERIOD-MS.
import { systemClock } from "../../../src/clock/index.ts";
import { parseConninfo } from "../../../src/postgres/index.ts";
import { createLogger } from "../../../src/service/index.ts";
import { defaultSettings, Fleet } from "../../../src/ticker/index.ts";

const [url = "", database = "", fastPeriodMs = ""] = process.argv.slice(2);
const abort = new AbortController();
process.once("SIGTERM", () => abort.abort());

const settings = {
  ...defaultSettings,
  target: parseConninfo(url),
  databases: [database],
  fastPeriodMs: Number(fastPeriodMs),
};
const log = createLogger({ level: "error", format: "pgqd", write: (line) => process.stderr.write(line) });
await new Fleet({ clock: systemClock, log, env: {}, settings: () => settings }).run(abort.signal);
