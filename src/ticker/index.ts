export { Fleet, type DiscoveryStatus } from "./fleet.ts";
export { MAX_REPEATS } from "./maintenance.ts";
export { asksForMore, describeOperation, operationStatement } from "./operation.ts";
export { defaultSettings, type TickerSettings } from "./settings.ts";
export type { Counters, SiteStatus, TickerWorld } from "./site.ts";
export type { Standing } from "./ticker-state.ts";
export { runPgqd } from "./command-line.ts";
export { tickerOptions } from "./options.ts";
export { pgqd } from "./program.ts";
