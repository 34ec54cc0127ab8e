// What the ticker answers when it is asked whether it lives and is ready.
import type { Health } from "../service/index.ts";
import type { Fleet } from "./fleet.ts";
import type { SiteStatus } from "./site.ts";

/** A database that is ticked and was not looked at for so long: its loop hangs, a restart may help. */
const STUCK_AFTER_MS = 120_000;

export function reportHealth(health: Health, fleet: Fleet): void {
  health.report("databases", () => {
    const statuses = fleet.statuses();
    const stuck = statuses.filter(isStuck);
    const waiting = statuses.filter(({ standing }) => standing === "failing" || standing === "starting");
    const { isKnown, lastError } = fleet.discovery;
    const troubles = [
      ...(lastError === null ? [] : [`cannot list databases: ${lastError}`]),
      ...stuck.map(({ database }) => `${database}: no look at its queues for a long time`),
      ...waiting.map(({ database, standing, lastError: error }) => `${database}: ${error ?? standing}`),
    ];
    return {
      isHealthy: stuck.length === 0,
      isReady: isKnown && lastError === null && waiting.length === 0,
      detail: troubles.length === 0 ? `${statuses.length} databases` : troubles.join("; "),
    };
  });
}

function isStuck({ standing, lastPassMs }: SiteStatus): boolean {
  return standing === "ticking" && lastPassMs !== null && lastPassMs > STUCK_AFTER_MS;
}
