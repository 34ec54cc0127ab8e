// npm run bench -- GROUP [PART] [--quick] [--json] [--all]: measures and prints ratios.
//   pgq    our schema beside the C extension
//   queue  the product beside the C extension, pg-boss and graphile-worker
//   walmgr  backups and WAL beside PostgreSQL's own tools and pgBackRest
//   londiste  replication beside the old Londiste and PostgreSQL's logical replication
import { parseArgs } from "node:util";
import { reasonOf } from "../src/errors/index.ts";
import { installHint, missingDebianPackages } from "../test/harness/debian-packages.ts";
import { chooseContests, NoSuchContest } from "./harness/choose-contests.ts";
import { sizes, type Suite } from "./harness/contest.ts";
import { measure, type Result } from "./harness/measure.ts";
import { type Failure, failureLine, heading, resultLine, verdict } from "./harness/report.ts";
import { openSides } from "./harness/sides.ts";
import { pgqSuites } from "./pgq/index.ts";
import { runLondisteBench } from "./londiste/run.ts";
import { runQueueBench } from "./queue/run.ts";
import { runWalmgrBench } from "./walmgr/run.ts";

const groups: Readonly<Record<string, (options: Options) => Promise<number>>> = {
  pgq: (options) => runSuites(pgqSuites, options),
  queue: runQueueBench,
  londiste: runLondisteBench,
  walmgr: runWalmgrBench,
};
const usage = `usage: npm run bench -- ${Object.keys(groups).join("|")} [part of a name] [--quick] [--json] [--all]`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readArguments();
  if (options === null) {
    console.error(usage);
    return 2;
  }
  const missing = missingDebianPackages(["postgresql-15", "postgresql-15-pgq3", "pgqd"]);
  if (missing.length > 0) {
    console.error(`the benchmark runs beside the C extension of Debian 12, which is not here: ${installHint(missing)}`);
    return 1;
  }
  try {
    return await options.run(options);
  } catch (error) {
    if (!(error instanceof NoSuchContest)) throw error;
    console.error(error.message);
    return 2;
  }
}

interface Options {
  readonly run: (options: Options) => Promise<number>;
  readonly part: string;
  readonly quick: boolean;
  readonly json: boolean;
  /** What takes long too. */
  readonly all: boolean;
}

function readArguments(): Options | null {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        all: { type: "boolean", default: false },
      },
    });
    const [group = "", part = "", ...rest] = positionals;
    const run = groups[group];
    return run === undefined || rest.length > 0 ? null : { run, part, ...values };
  } catch {
    return null; // an option that does not exist
  }
}

async function runSuites(suites: readonly Suite[], { part, quick, json }: Options): Promise<number> {
  const size = quick ? sizes.quick : sizes.full;
  const print = (text: string): void => (json ? undefined : console.log(text));
  const chosen = chooseContests(
    suites.flatMap((suite) => suite.contests(size)),
    part,
  );
  const results: Result[] = [];
  const failures: Failure[] = [];
  const fail = (name: string, error: unknown): void => {
    const failure = { name, error: reasonOf(error) };
    failures.push(failure);
    print(failureLine(failure));
  };

  const session = await openSides();
  const { sides } = session;
  try {
    print(heading());
    for (const suite of suites) {
      const contests = suite.contests(size).filter(({ name }) => chosen.some((one) => one.name === name));
      if (contests.length === 0) continue;
      try {
        await suite.setUp(sides.C);
        await suite.setUp(sides.ours);
      } catch (error) {
        fail(suite.name, error);
        continue;
      }
      for (const contest of contests) {
        try {
          const result = await measure(contest, session, size.pairs);
          results.push(result);
          print(resultLine(result));
        } catch (error) {
          fail(contest.name, error);
          await Promise.all([sides.C, sides.ours].map((side) => side.client.query("rollback")));
        }
      }
    }
  } finally {
    await session.close();
  }

  console.log(json ? JSON.stringify({ quick, results, failures }, null, 2) : verdict(results, failures));
  return failures.length > 0 || results.length === 0 ? 1 : 0;
}
