// The ticker of one database, at a pace for tests.
import { defaultSettings } from "../../../../src/ticker/index.ts";
import { startFleet } from "../../../harness/fleet.ts";
import { readOrders, untilToldToStop } from "./telling.ts";

const { source } = readOrders();
const signal = untilToldToStop();
const ticker = startFleet(source, {
  databases: ["postgres"],
  maintPeriodMs: 300,
  retryPeriodMs: 200,
  statementTimeoutMs: Math.min(3000, defaultSettings.statementTimeoutMs),
});
signal.addEventListener("abort", () => void ticker.stop());
await ticker.ended;
process.exit(0);
