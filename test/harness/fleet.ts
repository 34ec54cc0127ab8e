// A ticker inside the test, at a pace for tests, with its log caught.
import { systemClock } from "../../src/clock/index.ts";
import { parseConninfo } from "../../src/postgres/index.ts";
import { createLogger } from "../../src/service/index.ts";
import { defaultSettings, Fleet, type TickerSettings } from "../../src/ticker/index.ts";

export interface RunningFleet extends AsyncDisposable {
  readonly fleet: Fleet;
  /** All lines so far. */
  log(): string;
  /** Replaces settings while it runs. */
  change(settings: Partial<TickerSettings>): void;
  /** Ends when all loops have ended. @throws what ended it */
  stop(): Promise<void>;
  /** As stop(), without asking it to. */
  readonly ended: Promise<void>;
}

/** Nothing but ticks, unless told: maintenance and the rest come once, at the start. */
export function startFleet(url: string, settings: Partial<TickerSettings> = {}): RunningFleet {
  let present: TickerSettings = {
    ...defaultSettings,
    target: parseConninfo(url),
    checkPeriodMs: 200,
    ...settings,
  };
  let text = "";
  const log = createLogger({ level: "debug", format: "pgqd", write: (line) => (text += line) });
  const fleet = new Fleet({ clock: systemClock, log, env: {}, settings: () => present });
  const abort = new AbortController();
  const ended = fleet.run(abort.signal);
  ended.catch(() => undefined); // stop() tells
  const stop = (): Promise<void> => {
    abort.abort();
    return ended;
  };
  return {
    fleet,
    log: () => text,
    change: (changed) => (present = { ...present, ...changed }),
    stop,
    ended,
    [Symbol.asyncDispose]: stop,
  };
}
