// The ticker of `skytools dev`: all databases of the server, with the settings of the daemon.
import { systemClock } from "../../clock/index.ts";
import { parseConninfo } from "../../postgres/index.ts";
import { createLogger, silentLogger } from "../../service/index.ts";
import type { KeptCluster } from "../../testing/index.ts";
import { defaultSettings, Fleet } from "../../ticker/index.ts";
import type { CommandContext } from "../context.ts";

/** A new database with PgQ is ticked after this time at most. */
const CHECK_PERIOD_MS = 2000;

/** Works until the signal; what goes wrong is tried again. */
export async function runTicker(cluster: KeptCluster, signal: AbortSignal, context: CommandContext): Promise<void> {
  const log = context.options.flag("verbose") ? createLogger({ level: "debug", format: "text" }) : silentLogger;
  const settings = {
    ...defaultSettings,
    target: parseConninfo(cluster.url("postgres")),
    checkPeriodMs: CHECK_PERIOD_MS,
  };
  await new Fleet({ clock: systemClock, log, env: {}, settings: () => settings }).run(signal);
}
