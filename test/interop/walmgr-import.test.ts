// What pg_basebackup and pg_receivewal of PostgreSQL 15 have stored is imported, with the begun segment, and restored.
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCluster } from "../../src/testing/index.ts";
import { debianBinaries } from "../harness/debian-packages.ts";
import { runWalmgrCommand, walmgrIni } from "../harness/run-walmgr.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import { currentLsn, localRepository, openDatabase, switchWal } from "../harness/walmgr.ts";
import { queryAt } from "../harness/query-at.ts";
import { restorePlace } from "../harness/walmgr-side.ts";

const bin = (name: string): string => join(debianBinaries, "bin", name);

test.each([
  ["plain", "stream", ["-Fp"]],
  ["plain", "fetch", ["-Fp"]],
  ["tar", "none", ["-Ft", "-z"]],
  ["tar", "fetch", ["-Ft"]],
])("a backup of pg_basebackup (%s, -X %s) and the files of pg_receivewal are restored", async (_, method, format) => {
  using folder = temporaryFolder();
  await using cluster = await startCluster({ binaries: debianBinaries });
  await using place = await restorePlace(15, debianBinaries);
  const [base, wal] = [folder.file("base"), folder.file("wal")];
  mkdirSync(wal);
  await using db = await openDatabase(cluster);
  await db.execute("create table t (n int); select pg_create_physical_replication_slot('receivewal', true)");
  const receiver = spawn(bin("pg_receivewal"), ["-D", wal, "-S", "receivewal", "--synchronous", "-d", cluster.url()], {
    stdio: "ignore",
  });
  const gone = new Promise((resolve) => receiver.once("exit", resolve));
  try {
    await db.execute("insert into t values (1)");
    execFileSync(bin("pg_basebackup"), ["-D", base, "-c", "fast", "-X", method, ...format, "-d", cluster.url()], {
      stdio: "ignore",
    });
    await db.execute("insert into t values (2)");
    await switchWal(db);
    await db.execute("insert into t values (3)");
    const lsn = await currentLsn(db);
    await until(
      async () =>
        (
          await db.query(
            "select 1 from pg_stat_replication where application_name = 'pg_receivewal' and flush_lsn >= $1",
            [`${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`],
          )
        ).length > 0,
      { timeoutMs: 60_000, what: "pg_receivewal has everything" },
    );
  } finally {
    receiver.kill("SIGINT");
    await gone;
  }
  const ini = walmgrIni(folder.path, { backup_compression: "none" });

  const imported = await runWalmgrCommand([ini, "import", base, wal]);
  const verified = await runWalmgrCommand([ini, "verify", "--level", "3"]);
  const [partial] = await localRepository(folder.file("walshipping")).wal.partials();
  const restored = await runWalmgrCommand([ini, "restore", "--dest", place.dataDirectory]);

  expect(imported).toMatchObject({ status: 0, stdout: expect.stringContaining("imported as") as unknown });
  expect(verified).toMatchObject({ status: 0 });
  expect(readdirSync(wal).some((name) => name.startsWith(partial!.name))).toBe(true);
  expect(restored.status).toBe(0);
  expect(existsSync(join(place.dataDirectory, "backup_label"))).toBe(true);
  serve(folder.file("walshipping"), place.dataDirectory);
  expect(await place.open()).toBe(true);
  expect(await queryAt(place.url, "select sum(n)::int as n from t")).toEqual([{ n: 6 }]);
});

/** The server's user cannot read our configuration; what archive-get does with a begun segment is done by a copy here. */
function serve(repository: string, dataDirectory: string): void {
  const found = `f=$(find ${repository}/wal -name %f -o -name %f.partial | sort | head -n 1)`;
  const command = `restore_command = '${found} && [ -n "$f" ] && cp "$f" "%p"'\n`;
  appendFileSync(join(dataDirectory, "postgresql.auto.conf"), command);
  execFileSync("chmod", ["-R", "a+rX", join(repository, "..")]);
}
