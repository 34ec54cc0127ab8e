import { defineConfig } from "vitest/config";

// unit: pure code, no database. The others share the servers that test/harness/global-setup.ts starts.
const server = (name: string, timeoutMs: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup: ["test/harness/global-setup.ts"],
    testTimeout: timeoutMs,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], maxWorkers: 2 } },
      server("vectors", 300_000),
      server("sql", 120_000),
      server("integration", 180_000),
      server("interop", 300_000),
      server("chaos", 600_000),
    ],
  },
});
