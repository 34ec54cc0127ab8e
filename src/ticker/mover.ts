// Puts events into their queues whose time has come: those that consumers set aside, and delayed ones. Woken by the loop
// that ticks as soon as one is due.
import { reasonOf } from "../errors/index.ts";
import { moveDelayedEvents, moveRetryEvents } from "../pgq/index.ts";
import type { TickerSession } from "./session.ts";
import type { Site } from "./site.ts";
import { runUpkeep } from "./upkeep-loop.ts";

const STATEMENT_TIMEOUT_MS = 120_000;
/** When an event is due but cannot be moved: its queue takes no inserts, or fails. */
const STUCK_PAUSE_MS = 5000;

export function runMover(site: Site): Promise<void> {
  let wasCalled = false;
  let wasFruitless = false;
  return runUpkeep(site, {
    name: "retry",
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    periodMs: () => site.world.settings().retryPeriodMs,
    run: async (session) => {
      wasFruitless = !(await moveAll(site, session)) && wasCalled;
    },
    sleep: async (ms) => {
      const stuckMs = wasFruitless ? Math.min(ms, STUCK_PAUSE_MS) : 0;
      await site.world.clock.sleep(stuckMs, site.signal);
      wasCalled = await site.dueAlarm.sleep(ms - stuckMs, site.signal);
    },
  });
}

/** True when anything was moved. */
async function moveAll(site: Site, session: TickerSession): Promise<boolean> {
  const moves = [
    { name: "retry" as const, move: moveRetryEvents },
    ...(site.facts?.hasDelayedEvents === true ? [{ name: "delayed" as const, move: moveDelayedEvents }] : []),
  ];
  let total = 0;
  for (const { name, move } of moves) {
    try {
      for (let moved = await move(session); moved > 0; moved = await move(session)) {
        total += moved;
        site.counters[name] += moved;
      }
    } catch (error) {
      if (site.signal.aborted || !session.connection.isOpen) throw error;
      site.counters.errors += 1;
      site.world.log.error({}, site.line(`moving ${name} events failed: ${reasonOf(error)}`));
    }
  }
  return total > 0;
}
