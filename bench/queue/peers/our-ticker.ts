// Starts our ticker beside the benchmark.
import { spawn } from "node:child_process";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultSettings } from "../../../src/ticker/index.ts";
import type { Running, TickPace } from "../peer.ts";

const LOW_LATENCY_MS = 2;

export function startOurTicker(url: string, database: string, pace: TickPace): Running {
  const self = fileURLToPath(import.meta.url);
  const program = join(dirname(self), `ticker-process${extname(self)}`);
  const fastPeriodMs = pace === "default" ? defaultSettings.fastPeriodMs : LOW_LATENCY_MS;
  const child = spawn(process.execPath, [program, url, database, String(fastPeriodMs)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  return {
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
