// Runs the chaos tests for as long as somebody wants to watch, see test/chaos/rotation-under-fire.test.ts:
//
//   npm run chaos -- --seconds 600 --seed 7 --majors 14,18
//   npm run chaos -- --extension /usr/lib/postgresql/15     the C version instead of ours, which loses events
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    seed: { type: "string" },
    majors: { type: "string" },
    extension: { type: "string" },
  },
});

const majors = values.majors ?? (values.extension === undefined ? undefined : "15");
const { status } = spawnSync("npx", ["vitest", "run", "--project", "chaos"], {
  stdio: "inherit",
  env: {
    ...process.env,
    SKYTOOLS_CHAOS_SECONDS: values.seconds,
    ...(values.seed === undefined ? {} : { SKYTOOLS_CHAOS_SEED: values.seed }),
    ...(majors === undefined ? {} : { SKYTOOLS_TEST_MAJORS: majors }),
    ...(values.extension === undefined ? {} : { SKYTOOLS_CHAOS_EXTENSION: values.extension }),
  },
});
process.exitCode = status ?? 1;
