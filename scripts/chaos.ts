// Runs the chaos tests for as long as somebody wants to watch:
//
//   npm run chaos -- product --seconds 600 --seed 7 --majors 14,18
//   npm run chaos -- rotation --extension /usr/lib/postgresql/15     the C version instead of ours, which loses events
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const HELP = `npm run chaos -- [NAME...] [options]

  NAME                product, londiste, rotation, full-disk, walmgr: the tests in test/chaos whose path has that in it;
                      default: all
  --seconds N         trouble for so long (default 120)
  --rounds N          walmgr: so many disasters of each kind, and ten times as many kills (default 20)
  --seed N            the same trouble again; default: by the time of day
  --majors 14,18      PostgreSQL versions; default: all; londiste takes the oldest and the newest of them
  --extension FOLDER  rotation with the C version of that PostgreSQL instead of ours
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: "boolean", short: "h" },
    seconds: { type: "string", default: "120" },
    rounds: { type: "string", default: "20" },
    seed: { type: "string" },
    majors: { type: "string" },
    extension: { type: "string" },
  },
});

if (values.help === true) {
  process.stdout.write(HELP);
  process.exit();
}
const majors = values.majors ?? (values.extension === undefined ? undefined : "15");
const { status } = spawnSync("npx", ["vitest", "run", "--project", "chaos", ...positionals], {
  stdio: "inherit",
  env: {
    ...process.env,
    SKYTOOLS_CHAOS_SECONDS: values.seconds,
    SKYTOOLS_CHAOS_ROUNDS: values.rounds,
    ...(values.seed === undefined ? {} : { SKYTOOLS_CHAOS_SEED: values.seed }),
    ...(majors === undefined ? {} : { SKYTOOLS_TEST_MAJORS: majors }),
    ...(values.extension === undefined ? {} : { SKYTOOLS_CHAOS_EXTENSION: values.extension }),
  },
});
process.exitCode = status ?? 1;
