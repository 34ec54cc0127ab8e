// Of a repository with a key nobody without it learns what rows hold.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { parseMainKey } from "../../src/walmgr/codec/index.ts";
import { DirectoryStore, openRepository, pushFile } from "../../src/walmgr/index.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { startWalmgrSide, type WalmgrSide } from "../harness/walmgr-side.ts";

const SECRET = "secret";
const key = parseMainKey("7".repeat(64));

async function secretSide(major: number): Promise<WalmgrSide> {
  const side = await startWalmgrSide({ major });
  // Records as short as those of which the end is recorded, where a segment begins with it.
  await side.query("create table t (v text)");
  await side.query(`insert into t select repeat('${SECRET}', 8) from generate_series(1, 400000)`);
  await side.query("select pg_switch_wal()");
  return side;
}

test.each(endMajors())("PostgreSQL %i: rows are in no file of it, in whatever form WAL came", async (major) => {
  await using side = await secretSide(major);
  const path = join(side.folder, "secret");
  const coding = { compression: "none", key } as const;
  const repository = openRepository({ store: new DirectoryStore(path), clock: systemClock, coding, keys: [key] });
  const source = join(side.cluster.dataDirectory, "pg_wal");
  const segments = readdirSync(source).filter((name) => /^[0-9A-F]{24}$/.test(name));
  const [first = ""] = segments;
  for (const name of segments.slice(0, -1)) await pushFile([repository], name, join(source, name));
  expect(await pushFile([repository], `${first}.partial`, join(source, first))).toBe("stored");
  expect(await pushFile([repository], `${first}.partial`, join(source, first))).toBe("present");

  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const telling = files.filter(({ parentPath, name }) => {
    const bytes = readFileSync(join(parentPath, name));
    return bytes.includes(SECRET) || bytes.includes(Buffer.from(SECRET).toString("hex"));
  });

  expect(telling.map(({ name }) => name)).toEqual([]);
  const promoted = await repository.wal.getOther(`${first}.partial`);
  expect(promoted?.equals(readFileSync(join(source, first)))).toBe(true);
  // The one who has the key gets them.
  const leads = await Promise.all(segments.slice(0, -1).map(async (name) => (await repository.wal.index(name)).lead));
  expect(leads.some((lead) => lead?.includes(SECRET))).toBe(true);
});
