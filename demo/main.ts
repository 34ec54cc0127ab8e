// npm run demo [-- --seconds N] [--json] [--db CONNSTR] [--tick SECONDS]: a shop is replicated to two more databases, changed,
// and moved to another server, all while it is in use; at the end all tables are compared. Exit status 0: all are equal.
import { parseArgs } from "node:util";
import { exitStatus } from "../src/errors/index.ts";
import { databasesOf, ownServers } from "./places.ts";
import { startPicture } from "./picture.ts";
import { type DemoPrograms, openPrograms } from "./programs.ts";
import { type Outcome, tellStory, type World } from "./story.ts";
import { shopTables } from "./schema.ts";
import { percentile } from "./watch.ts";

const usage = "usage: npm run demo [-- --seconds N] [--json] [--db CONNSTR] [--tick SECONDS]";
const DEFAULT_SECONDS = 40;
const LEAST_SECONDS = 10;
/** A branch makes each tick of its provider anew: on a busy machine fewer are better. */
const DEFAULT_TICK_SECONDS = 0.1;

interface Options {
  readonly seconds: number;
  readonly json: boolean;
  readonly db: string | null;
  readonly tick: number;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readArguments();
  if (options === null) {
    console.error(usage);
    return exitStatus.wrongUse;
  }
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort());
  try {
    return await run(options, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return exitStatus.failed;
    console.error(error instanceof Error ? error.message : error);
    return exitStatus.failed;
  }
}

async function run({ seconds, json, db, tick }: Options, signal: AbortSignal): Promise<number> {
  const shared: Pick<World, "writer" | "watch"> = { writer: null, watch: null };
  const picture = startPicture({ isQuiet: json, writer: () => shared.writer, watch: () => shared.watch });
  picture.step(db === null ? "two PostgreSQL servers are started" : "three databases are made");
  await using places = db === null ? await ownServers() : await databasesOf(db);
  await using programs = await openPrograms({
    places: places.all,
    tickSeconds: tick,
    onCommand: (line) => picture.step(`$ ${line}`),
  });
  const world: World = Object.assign(shared, { places: places.all, programs, picture, seconds, signal });
  try {
    const outcome = await tellStory(world);
    picture.stop();
    const isEqual = outcome.comparisons.every(
      ({ differing, tables }) => differing.length === 0 && tables === shopTables.length,
    );
    const names = places.all.map(({ name }) => name);
    if (json) console.log(JSON.stringify({ isEqual, ...outcome, lagMs: lagsOf(world, names) }));
    else console.log(summary(outcome, isEqual, world, names));
    if (!isEqual) keepLogs(programs);
    return isEqual ? exitStatus.done : exitStatus.differencesFound;
  } catch (error) {
    if (!signal.aborted) keepLogs(programs);
    throw error;
  } finally {
    picture.stop();
    await world.watch?.stop();
    await world.writer?.stop();
  }
}

function keepLogs(programs: DemoPrograms): void {
  programs.keep();
  console.error(`the logs of all programs are in ${programs.folder}`);
}

function lagsOf(
  { watch }: World,
  names: readonly string[],
): Record<string, { p50: number | null; p99: number | null }> {
  const round = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
  return Object.fromEntries(
    names.map((name) => {
      const lags = watch?.lags(name) ?? [];
      return [name, { p50: round(percentile(lags, 0.5)), p99: round(percentile(lags, 0.99)) }];
    }),
  );
}

function summary(
  { writer, takeoverGapMs, comparisons }: Outcome,
  isEqual: boolean,
  world: World,
  names: readonly string[],
): string {
  const lags = Object.entries(lagsOf(world, names)).map(
    ([name, { p50, p99 }]) => `${name} ${p50 ?? "-"} / ${p99 ?? "-"} ms`,
  );
  return [
    "",
    `  transactions  ${writer.transactions} (${writer.rows} rows)`,
    ...Object.entries(writer.refusals).map(([reason, times]) => `  refused       ${times} times: ${reason}`),
    `  lag           p50 / p99: ${lags.join(", ")}`,
    `  takeover      ${Math.round(takeoverGapMs)} ms without a write`,
    ...comparisons.map(
      ({ node, tables, rows, differing }) =>
        `  compare       ${node}: ${tables} tables, ${rows} rows, ${differing.length === 0 ? "all equal" : `DIFFERENT: ${differing.join(", ")}`}`,
    ),
    "",
    isEqual ? "  No difference." : "  There are differences.",
  ].join("\n");
}

function readArguments(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: "string", default: String(DEFAULT_SECONDS) },
        json: { type: "boolean", default: false },
        db: { type: "string" },
        tick: { type: "string", default: String(DEFAULT_TICK_SECONDS) },
      },
    });
    const seconds = Number(values.seconds);
    const tick = Number(values.tick);
    if (!(seconds >= LEAST_SECONDS) || !(tick > 0)) return null;
    return { seconds, json: values.json, db: values.db ?? null, tick };
  } catch {
    return null;
  }
}
