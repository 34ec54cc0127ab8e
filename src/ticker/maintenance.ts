// Maintenance of one database: runs the list that pgq.maint_operations gives, each entry by itself.
import { reasonOf } from "../errors/index.ts";
import { type MaintenanceOperation, readMaintenanceOperations } from "../pgq/index.ts";
import { asksForMore, describeOperation, operationStatement } from "./operation.ts";
import type { TickerSession } from "./session.ts";
import type { Site } from "./site.ts";
import { troubleOf } from "./trouble.ts";
import { runUpkeep } from "./upkeep-loop.ts";

/** Calls of one entry in one run; a function that always asks for more would never end. */
export const MAX_REPEATS = 1000;

export function runMaintenance(site: Site): Promise<void> {
  return runUpkeep(site, {
    name: "maintenance",
    statementTimeoutMs: 0, // a vacuum takes what it takes; a peer that is gone ends the connection
    periodMs: () => site.world.settings().maintPeriodMs,
    run: (session) => maintainOnce(site, session),
    sleep: (ms) => site.world.clock.sleep(ms, site.signal),
  });
}

async function maintainOnce(site: Site, session: TickerSession): Promise<void> {
  let failures = 0;
  for (const operation of await readMaintenanceOperations(session)) {
    if (!(await succeeds(site, session, operation))) failures += 1;
  }
  if (failures === 0) site.counters.maint += 1;
}

/** False after a failure of this entry. @throws when the connection is gone */
async function succeeds(site: Site, session: TickerSession, operation: MaintenanceOperation): Promise<boolean> {
  const { log } = site.world;
  try {
    await repeat(site, session, operation);
    return true;
  } catch (error) {
    if (site.signal.aborted || !session.connection.isOpen || troubleOf(error) === "denied") throw error;
    site.counters.errors += 1;
    log.error({}, site.line(`maintenance ${describeOperation(operation)} failed: ${reasonOf(error)}`));
    return false;
  }
}

async function repeat(site: Site, session: TickerSession, operation: MaintenanceOperation): Promise<void> {
  const statement = operationStatement(operation);
  if (statement === null) {
    site.world.log.warn(
      {},
      site.line(`maintenance entry without a name or an argument: ${describeOperation(operation)}`),
    );
    return;
  }
  for (let calls = 1; calls <= MAX_REPEATS; calls += 1) {
    const [row] = await session.query<{ result?: string | null }>(statement.sql, statement.params);
    if (!asksForMore(row?.result)) return;
  }
  site.world.log.warn(
    {},
    site.line(`maintenance ${describeOperation(operation)} always asks for more, left until the next run`),
  );
}
