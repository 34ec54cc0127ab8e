// The shell client that `serve` leaves: a real server archives and recovers through it, with the daemon and
// without it.
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { endMajors } from "../harness/major-pairs.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { until } from "../harness/until.ts";
import { readAll } from "../../src/walmgr/codec/index.ts";
import { compareWithServer, localRepository, openDatabase, switchWal, untilStored } from "../harness/walmgr.ts";
import { walmgrPlace } from "../harness/walmgr-program.ts";

function askServe(socketPath: string, path: string, method = "GET"): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method }, (answer) => {
      readAll(answer).then((bytes) => resolve(bytes.toString()), reject);
    });
    asked.on("error", reject).end();
  });
}

describe.each(endMajors())("client.sh with PostgreSQL %i", (major) => {
  test("archives and fetches through the daemon, and by itself when the daemon is gone", async () => {
    await using place = walmgrPlace(major);
    await using cluster = await startQuietCluster({ major, settings: { archive_mode: "on", archive_command: "''" } });
    const ini = place.ini("site", { master_db: cluster.url() });
    const client = place.file("walshipping/client.sh");
    const repository = localRepository(place.file("walshipping"));
    const daemon = place.start(ini, "serve");
    await until(() => place.logOf("walshipping/client.sh") !== "", { timeoutMs: 60_000, what: "serve is ready" });

    const setup = await place.run(ini, "setup");
    await using db = await openDatabase(cluster);
    const viaDaemon = await switchWal(db);
    await untilStored(repository, viaDaemon);
    await until(
      async () => (await db.one<{ n: number }>("select archived_count::int as n from pg_stat_archiver")).n > 0,
    );
    const backup = await place.run(ini, "backup", "--keep-all");
    const verified = await place.run(ini, "verify");
    await askServe(place.file("walshipping/serve.sock"), "/push?name=nonsense&path=/nowhere", "POST");
    const metrics = await askServe(place.file("walshipping/serve.sock"), "/metrics");
    // As if the computer had no curl: the program itself is run then.
    const withoutCurl = (...words: string[]): number =>
      place.attempt("/usr/bin/env", ["PATH=/nowhere", client, ...words]);
    const alone = [
      withoutCurl("get", viaDaemon, place.file("alone")),
      withoutCurl("get", "0000000100000000000000FF", place.file("alone")),
      withoutCurl("push", place.file("alone"), viaDaemon),
    ];
    await daemon.stop();
    const slowly = await switchWal(db);
    await untilStored(repository, slowly);
    await until(
      async () => (await db.query("select 1 from pg_stat_archiver where last_archived_wal >= $1", [slowly])).length > 0,
      {
        timeoutMs: 60_000,
      },
    );

    const fetched = place.file("fetched");
    const attempt = (...words: string[]): number => place.attempt(client, words);
    const [found, absent] = [attempt("get", slowly, fetched), attempt("get", "0000000100000000000000FF", fetched)];
    place.shell(`mv ${place.file("walshipping/repo.json")} ${place.file("repo.json")}`);
    const unsure = attempt("get", "0000000100000000000000FF", fetched);
    place.shell(`mv ${place.file("repo.json")} ${place.file("walshipping/repo.json")}`);

    expect(setup).toMatchObject({ status: 0, out: expect.stringContaining("client.sh push") as unknown });
    expect((await compareWithServer(repository, cluster.dataDirectory)).different).toEqual([]);
    expect(place.logOf("site.log")).toContain("serving");
    expect([found, absent, unsure]).toEqual([0, 1, 150]);
    expect([backup.status, verified.status]).toEqual([0, 0]);
    expect(metrics).toMatch(/^walmgr_push_errors_total\{.*\} 1$/m);
    expect(metrics).toMatch(/^walmgr_pushed_files_total\{.*\} [1-9]/m);
    expect(metrics).toMatch(/^walmgr_repository_readable\{.*\} 1$/m);
    expect(metrics).toMatch(/^walmgr_backups\{.*type="full".*\} 1$/m);
    expect(metrics).toMatch(/^walmgr_backup_age_seconds\{.*type="full".*\} \d/m);
    expect(metrics).toMatch(/^walmgr_backup_bytes\{.*type="full".*\} [1-9]/m);
    expect(metrics).toMatch(/^walmgr_stored_segments\{.*\} [1-9]/m);
    expect(metrics).toMatch(/^walmgr_open_gaps\{.*\} 0$/m);
    expect(metrics).toMatch(/^walmgr_verify_ok\{.*\} 1$/m);
    expect(alone).toEqual([0, 1, 0]);
    expect(readFileSync(fetched).equals(readFileSync(join(cluster.dataDirectory, "pg_wal", slowly)))).toBe(true);
  });
});
