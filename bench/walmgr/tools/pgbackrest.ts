// pgBackRest with two processes and lz4, a repository on the same disk, archiving without waiting for more.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runClient, type WalServer } from "../server.ts";
import type { Tool } from "../tool.ts";

const PROGRAM = "/usr/bin/pgbackrest";

export async function openPgbackrest({ cluster, folder, remove }: WalServer): Promise<Tool> {
  const home = folder();
  let repository = folder();
  const conf = join(home, "pgbackrest.conf");
  const configure = (): void =>
    writeFileSync(
      conf,
      [
        "[global]",
        `repo1-path=${repository}`,
        "repo1-retention-full=1",
        `log-path=${home}`,
        `lock-path=${home}`,
        `spool-path=${home}`,
        "process-max=2",
        "start-fast=y",
        "compress-type=lz4",
        "archive-check=n",
        "[bench]",
        `pg1-path=${cluster.dataDirectory}`,
        `pg1-port=${cluster.port}`,
        "pg1-user=postgres",
        "pg1-socket-path=/tmp",
        "",
      ].join("\n"),
    );
  const run = (...words: readonly string[]): Promise<string> =>
    runClient(PROGRAM, [`--config=${conf}`, "--stanza=bench", "--log-level-console=warn", ...words]);
  configure();
  await run("stanza-create");
  return {
    name: "pgbackrest",
    peakMemoryBytes: null,
    async backup(compression) {
      remove(repository);
      repository = folder();
      configure();
      await run("stanza-create");
      await run("backup", "--type=full", `--compress-type=${compression}`);
    },
    async restore(target) {
      await run("restore", `--pg1-path=${target}`);
    },
    receive: () => Promise.reject(new Error("pgBackRest does not stream")),
    synchronousReceiver: () => null,
    startPushing: () =>
      Promise.resolve({
        async push(files: readonly string[]) {
          for (const file of files) await run("archive-push", file);
        },
        stop: () => Promise.resolve(),
      }),
    close: () => Promise.resolve(),
  };
}
