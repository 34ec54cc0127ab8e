// Our walmgr as a user runs it: the command with a configuration file, a repository on the same disk.
import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cliProgram } from "../../../test/harness/cli-program.ts";
import { until } from "../../../test/harness/until.ts";
import { type Program, startProgram } from "../../../test/interop/program.ts";
import { PeakMemory } from "../peak-memory.ts";
import { runClient, type WalServer } from "../server.ts";
import type { Tool } from "../tool.ts";

export function openOurs({ cluster, folder, remove }: WalServer): Tool {
  const home = folder();
  let repository = folder();
  let peak: number | null = null;
  const ini = (name: string, ...lines: readonly string[]): string => {
    const path = join(home, `${name}.ini`);
    writeFileSync(
      path,
      [
        "[walmgr]",
        `job_name = ${name}`,
        `walmgr_data = ${repository}`,
        `master_db = host=${cluster.host} port=${cluster.port} user=postgres dbname=postgres`,
        ...lines,
        "",
      ].join("\n"),
    );
    return path;
  };
  const start = (file: string, ...words: readonly string[]): Program =>
    startProgram(process.execPath, [...cliProgram, "walmgr", file, ...words]);
  /** To its end, with its memory watched. */
  const run = async (file: string, ...words: readonly string[]): Promise<void> => {
    const program = start(file, ...words);
    const memory = new PeakMemory(program.pid);
    const status = await program.ended;
    peak = memory.stop();
    if (status !== 0)
      throw new Error(`walmgr ${words.join(" ")} ended with ${status ?? "a signal"}: ${program.output()}`);
  };
  const fresh = (): void => {
    remove(repository);
    repository = folder();
  };
  return {
    name: "ours",
    get peakMemoryBytes() {
      return peak;
    },
    async backup(compression) {
      fresh();
      const how = compression === "none" ? "none" : "server:lz4";
      await run(ini("backup", "slot = none", `backup_compression = ${how}`, "backup_wal = include"), "backup");
    },
    async restore(target) {
      await run(ini("backup", "slot = none"), "restore", "latest", target);
    },
    async receive() {
      fresh();
      await run(ini("receive", "slot = bench"), "sync");
    },
    synchronousReceiver() {
      fresh();
      return start(ini("sync", "slot = none", "receiver_name = bench", "synchronous = 1"), "receive");
    },
    async startPushing() {
      fresh();
      const daemon = start(ini("push", "slot = none", "wal_compression = lz4"), "serve"); // as the peer does
      const client = join(repository, "client.sh");
      await until(() => existsSync(client), { what: "serve" });
      return {
        async push(files) {
          for (const path of files) await runClient(client, ["push", path, basename(path)]);
        },
        stop: async () => {
          await daemon.stop("SIGTERM");
        },
      };
    },
    close: () => Promise.resolve(),
  };
}
