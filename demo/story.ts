// What happens in the demo, and when. Everything is done by the programs, while the shop is in use.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../src/postgres/index.ts";
import type { Picture } from "./picture.ts";
import type { Place } from "./places.ts";
import type { DemoPrograms } from "./programs.ts";
import { firstTables, laterTables, shopChange, shopRows, shopSchema, shopTables } from "./schema.ts";
import { type ShopWriter, startShopWriter, type WriterCounts } from "./shop-writer.ts";
import { pause, startWatch, type Watch } from "./watch.ts";

export interface World {
  readonly places: readonly Place[];
  readonly programs: DemoPrograms;
  readonly picture: Picture;
  readonly seconds: number;
  readonly signal: AbortSignal;
  writer: ShopWriter | null;
  watch: Watch | null;
}

export interface Comparison {
  readonly node: string;
  readonly tables: number;
  readonly rows: number;
  /** Names of the tables that differ. */
  readonly differing: readonly string[];
}

export interface Outcome {
  readonly writer: WriterCounts;
  /** The longest time without a write around the takeover, milliseconds. */
  readonly takeoverGapMs: number;
  readonly comparisons: readonly Comparison[];
}

const CLIENTS = 3;
const PAUSE_MS = 15;
const SYNC_LIMIT = "--timeout=120";

export async function tellStory(world: World): Promise<Outcome> {
  const { places, programs, picture, seconds } = world;
  const [old, fresh, reports] = places;
  if (old === undefined || fresh === undefined || reports === undefined) throw new Error("three places are needed");
  const startedMs = performance.now();
  /** Waits until that share of the time is over, with traffic going on. */
  const until = async (share: number): Promise<void> => {
    await pause(Math.max(0, startedMs + share * seconds * 1000 - performance.now()), world.signal);
    world.signal.throwIfAborted();
  };

  picture.step(
    `the shop: ${shopTables.length} tables on ${old.name} (PostgreSQL ${old.major}), and clients that use it`,
  );
  await script(old, shopSchema + shopRows);
  for (const place of [fresh, reports]) await script(place, shopSchema);
  const writer = startShopWriter({ urls: [old.url, fresh.url], clients: CLIENTS, pauseMs: PAUSE_MS });
  world.writer = writer;

  await programs.londiste(old, ["create-root", old.name, old.url]);
  await programs.londiste(fresh, ["create-branch", fresh.name, fresh.url, `--provider=${old.url}`]);
  await programs.londiste(reports, ["create-leaf", reports.name, reports.url, `--provider=${fresh.url}`]);
  await programs.startTickers(places);
  for (const place of places) programs.startWorker(place);
  world.watch = startWatch(places, () => PAUSE_MS + 5);

  await addTables(programs, places, firstTables);
  await until(0.25);
  await addTables(programs, places, laterTables);
  await programs.londiste(old, ["add-seq", "--all"]);
  for (const place of [fresh, reports]) await programs.londiste(place, ["add-seq", "--all"]);

  await until(0.4);
  const file = join(programs.folder, "points.sql");
  await writeFile(file, shopChange);
  await programs.londiste(old, ["execute", file]);
  writer.usePoints();

  await until(0.5);
  picture.step(
    `all writers move from ${old.name} (PostgreSQL ${old.major}) to ${fresh.name} (PostgreSQL ${fresh.major})`,
  );
  const before = writer.counts();
  writer.measureGap();
  await programs.londiste(fresh, ["takeover", old.name, SYNC_LIMIT]);
  await untilWritten(writer);
  const takeoverGapMs = writer.counts().longestGapMs;
  picture.step(
    `taken over: nothing could be written for ${Math.round(takeoverGapMs)} ms, ${writer.counts().refused - before.refused} tries were refused`,
  );

  await until(0.7);
  picture.step("compare while the shop is in use");
  await compare(programs, old);

  await until(1);
  const counts = await writer.stop();
  picture.step(`the shop is closed after ${counts.transactions} transactions and ${counts.rows} rows`);
  const comparisons: Comparison[] = [];
  for (const place of [old, reports]) comparisons.push(await compare(programs, place));
  return { writer: counts, takeoverGapMs, comparisons };
}

async function script({ url }: Place, sql: string): Promise<void> {
  await using db = await connect(url, { env: process.env });
  await db.execute(sql);
}

async function addTables(
  programs: DemoPrograms,
  [root, ...others]: readonly Place[],
  tables: readonly string[],
): Promise<void> {
  if (root !== undefined) await programs.londiste(root, ["add-table", ...tables]);
  for (const place of others) await programs.londiste(place, ["add-table", ...tables, "--wait-sync", SYNC_LIMIT]);
}

/** Two writes after now: the first may have begun before. */
async function untilWritten(writer: ShopWriter): Promise<void> {
  const { transactions } = writer.counts();
  while (writer.counts().transactions < transactions + 2) await pause(10);
}

async function compare(programs: DemoPrograms, place: Place): Promise<Comparison> {
  const { stdout } = await programs.londiste(place, ["compare", "--json", SYNC_LIMIT], [0, 3]);
  const { tables, skipped } = JSON.parse(stdout) as {
    tables: { table: string; isEqual: boolean; source: { rows: number } }[];
    skipped: { table: string }[];
  };
  return {
    node: place.name,
    tables: tables.length,
    rows: tables.reduce((sum, { source }) => sum + source.rows, 0),
    // A table that could not be looked at was not shown to be equal.
    differing: [...tables.filter(({ isEqual }) => !isEqual), ...skipped].map(({ table }) => table),
  };
}
