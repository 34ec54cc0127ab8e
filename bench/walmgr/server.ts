// One PostgreSQL 15 of Debian with default durability, for all tools, and a folder for what they write.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import pg from "pg";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { debianBinaries } from "../../test/harness/debian-packages.ts";
import { temporaryFolder } from "../../test/harness/temporary-folder.ts";

export interface WalServer {
  readonly cluster: Cluster;
  readonly client: pg.Client;
  /** An empty folder, another one each time. */
  readonly folder: () => string;
  /** Removes one again: a run must not fill the disk. */
  readonly remove: (folder: string) => void;
  stop(): Promise<void>;
}

export async function startWalServer(): Promise<WalServer> {
  const cluster = await startCluster({
    binaries: debianBinaries,
    durable: true,
    settings: {
      shared_buffers: "'512MB'",
      max_wal_size: "'8GB'",
      checkpoint_timeout: "'1h'",
      wal_level: "replica",
      max_wal_senders: "'10'",
      unix_socket_directories: "'/tmp'",
      archive_mode: "on",
      archive_command: "'/bin/true'",
    },
  });
  const client = new pg.Client(cluster.url());
  client.on("error", () => undefined);
  await client.connect();
  const scratch = temporaryFolder();
  let folders = 0;
  return {
    cluster,
    client,
    folder() {
      const path = join(scratch.path, String((folders += 1)));
      mkdirSync(path, { mode: 0o700 });
      return path;
    },
    remove: (folder) => rmSync(folder, { recursive: true, force: true }),
    async stop() {
      await client.end();
      await cluster.stop();
      scratch[Symbol.dispose]();
    },
  };
}

/** Runs one of Debian's client programs. @throws with what it wrote */
export async function runClient(program: string, args: readonly string[]): Promise<string> {
  const path = program.includes("/") ? program : `${debianBinaries}/bin/${program}`;
  const child = spawn(path, args, { env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" } });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with status ${status}: ${output.trim()}`);
  return output;
}
