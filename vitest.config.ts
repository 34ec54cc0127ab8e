import { defineConfig } from "vitest/config";
import { installHint, missingDebianPackages } from "./test/harness/debian-packages.ts";

// What fails is told whole, also where only its first line is kept.
const chaiConfig = { truncateThreshold: 1000 };

// unit: pure code, no database. The others share the servers that test/harness/global-setup.ts starts.
const server = (name: string, timeoutMs: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup: ["test/harness/global-setup.ts"],
    testTimeout: timeoutMs,
    hookTimeout: 120_000,
    maxWorkers: 2,
    chaiConfig,
  },
});

// The old programs come from Debian. Where they lack, the rest of the tests runs without them, unless they are required.
const missing = missingDebianPackages();
const isInteropRun = missing.length === 0 || process.env["SKYTOOLS_REQUIRE_INTEROP"] === "1";
if (!isInteropRun) process.stderr.write(`interop tests are left out; they need: ${installHint(missing)}\n`);

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 30_000, maxWorkers: 2, chaiConfig } },
      server("vectors", 300_000),
      server("sql", 120_000),
      server("integration", 180_000),
      ...(isInteropRun ? [server("interop", 300_000)] : []),
      server("chaos", 600_000),
    ],
  },
});
