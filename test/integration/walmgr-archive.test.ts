// archive_command and restore_command of real servers, with the built program.
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Cluster } from "../../src/testing/index.ts";
import { majors } from "../harness/database.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { type TemporaryFolder, temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import {
  compareWithServer,
  isContiguous,
  localRepository,
  openDatabase,
  switchWal,
  untilStored,
} from "../harness/walmgr.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/src/cli/walmgr.js", import.meta.url));
const NOBODY = 65534;

/** The server's user has to reach and write the repository. */
function site(folder: TemporaryFolder): { readonly ini: string; readonly data: string } {
  const [ini, data] = [folder.file("walmgr.ini"), folder.file("data")];
  writeFileSync(ini, `[walmgr]\njob_name = test\nwalmgr_data = ${data}\n`, { mode: 0o644 });
  mkdirSync(data, { mode: 0o700 });
  if (process.getuid?.() === 0) for (const path of [folder.path, data]) chownSync(path, NOBODY, NOBODY);
  chmodSync(folder.path, 0o755);
  return { ini, data };
}

function settingsFor(ini: string): Record<string, string> {
  return {
    archive_mode: "on",
    archive_command: `'${execPath} ${PROGRAM} ${ini} archive-push "%p" %f'`,
    restore_command: `'${execPath} ${PROGRAM} ${ini} archive-get %f "%p"'`,
    fsync: "off",
  };
}

const logOf = (cluster: Cluster): string => readFileSync(cluster.logFile, "utf8");

describe.each(majors())("archiving of PostgreSQL %i", (major) => {
  test("segments arrive byte for byte; recovery stops when it cannot tell, and ends when there is no more", async () => {
    using folder = temporaryFolder();
    const { ini, data } = site(folder);
    await using cluster = await startQuietCluster({ major, settings: settingsFor(ini) });
    const repository = localRepository(data);
    {
      await using db = await openDatabase(cluster);
      await db.execute("create table kept (n int); insert into kept values (1)");
      await untilStored(repository, await switchWal(db));
      await untilStored(repository, await switchWal(db));
    }
    expect((await compareWithServer(repository, cluster.dataDirectory)).different).toEqual([]);
    expect(await isContiguous(repository, 1)).toBe(true);

    await cluster.halt("fast");
    writeFileSync(join(cluster.dataDirectory, "recovery.signal"), "");
    if (process.getuid?.() === 0) chownSync(join(cluster.dataDirectory, "recovery.signal"), NOBODY, NOBODY);
    renameSync(data, `${data}.away`);
    const outcome: unknown = await cluster.start().then(
      () => "started",
      (error: unknown) => error,
    );

    expect(outcome).toMatchObject({ code: "SERVER_START" });
    expect(logOf(cluster)).toMatch(/FATAL: {2}could not restore file "00000002.history" from archive/);
    expect(existsSync(join(cluster.dataDirectory, "recovery.signal"))).toBe(true);

    renameSync(`${data}.away`, data);
    await cluster.start();
    await using db = await openDatabase(cluster);
    await until(async () => !(await db.one<{ r: boolean }>("select pg_is_in_recovery() as r")).r, {
      timeoutMs: 60_000,
    });

    await until(async () => (await repository.wal.history(2)) !== null, { timeoutMs: 60_000 });
    expect(await db.one("select n from kept")).toEqual({ n: 1 });
  });
});
