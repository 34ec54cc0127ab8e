// The frame of the loops that do the rest of the work of a database, each on a connection of its own that is there for
// one run: a slow vacuum never delays a tick.
import { reasonOf } from "../errors/index.ts";
import { backoffMs } from "../clock/index.ts";
import type { TickerSession } from "./session.ts";
import type { Site } from "./site.ts";
import { isOver, troubleOf } from "./trouble.ts";

export interface UpkeepWork {
  /** For application_name and messages. */
  readonly name: string;
  readonly statementTimeoutMs: number;
  /** Between the end of a run and the start of the next. */
  readonly periodMs: () => number;
  /** One run. What it cannot do for reasons of single steps it logs itself. */
  readonly run: (session: TickerSession) => Promise<void>;
  /** Sleeps; a loop that can be woken brings its own way. */
  readonly sleep: (ms: number) => Promise<void>;
}

const LOCK_TIMEOUT_MS = 60_000;
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 30_000;

/** Runs while this process ticks the database, until the site's signal is aborted. */
export async function runUpkeep(site: Site, work: UpkeepWork): Promise<void> {
  const { signal, gate, world, counters } = site;
  let failures = 0;
  for (;;) {
    await gate.pass(signal);
    if (isOver(signal)) return;
    try {
      await runOnce(site, work);
      failures = 0;
    } catch (error) {
      if (isOver(signal)) return;
      counters.errors += 1;
      failures += 1;
      // The loop that ticks has the same trouble, and tells.
      const isOwn = troubleOf(error) === "statement";
      world.log[isOwn ? "error" : "debug"]({}, site.line(`${work.name} failed: ${reasonOf(error)}`));
    }
    const pauseMs = failures === 0 ? work.periodMs() : retryPauseMs(failures, work.periodMs(), world.clock.random());
    await work.sleep(pauseMs);
  }
}

async function runOnce(site: Site, work: UpkeepWork): Promise<void> {
  const limits = { statementTimeoutMs: work.statementTimeoutMs, lockTimeoutMs: LOCK_TIMEOUT_MS };
  const session = await site.openSession(work.name, limits);
  try {
    await work.run(session);
  } finally {
    await session.close();
  }
}

function retryPauseMs(failures: number, periodMs: number, chance: number): number {
  return Math.min(
    backoffMs(FIRST_BACKOFF_MS, failures, chance, LONGEST_BACKOFF_MS),
    Math.max(periodMs, FIRST_BACKOFF_MS),
  );
}
