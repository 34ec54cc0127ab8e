// What replication costs the origin: pgbench's own transactions a second, with and without it, replicas following.
import { spawn } from "node:child_process";
import { debianBinaries } from "../../../test/harness/debian-packages.ts";
import type { Contest, Reading, Size } from "../model.ts";
import { type Peer, peerNames } from "../peer.ts";

const TABLES = ["public.pgbench_accounts", "public.pgbench_branches", "public.pgbench_tellers"];

export const originContests: readonly Contest[] = [
  {
    name: "pgbench on the origin, 4 clients",
    figures: {
      plain: "tps",
      replicated: "tps",
      kept: "of plain",
      plainCpu: "µs of CPU a transaction",
      replicatedCpu: "µs of CPU, all programs",
    },
    peers: peerNames,
    targets: [],
    isSingle: true,
    measure: origin,
  },
];

async function origin(peer: Peer, { pgbenchSeconds, pgbenchScale }: Size): Promise<Reading> {
  await fill(peer, pgbenchScale);
  const plain = await measured(peer, pgbenchSeconds);
  await fill(peer, pgbenchScale); // both hold the same again
  await peer.addEqualTable(...TABLES);
  await bench(peer.originUrl, 1); // caches of the triggers
  await peer.caughtUp();
  const replicated = await measured(peer, pgbenchSeconds);
  return {
    plain: plain.tps,
    replicated: replicated.tps,
    kept: replicated.tps / plain.tps,
    plainCpu: plain.cpu,
    replicatedCpu: replicated.cpu,
  };
}

/** The CPU time is that of both servers and of what replicates, until the replica has it all. */
async function measured(peer: Peer, seconds: number): Promise<{ readonly tps: number; readonly cpu: number }> {
  const before = peer.cpuSeconds();
  const { tps, transactions } = await bench(peer.originUrl, seconds);
  await peer.caughtUp();
  return { tps, cpu: ((peer.cpuSeconds() - before) * 1e6) / transactions };
}

async function fill({ originUrl, replicaUrl }: Peer, scale: number): Promise<void> {
  await Promise.all([originUrl, replicaUrl].map((url) => run("pgbench", ["-i", "-q", "-s", String(scale), url])));
}

async function bench(url: string, seconds: number): Promise<{ readonly tps: number; readonly transactions: number }> {
  const output = await run("pgbench", ["-n", "-M", "prepared", "-c", "4", "-j", "1", "-T", String(seconds), url]);
  const tps = /^tps = ([0-9.]+)/m.exec(output)?.[1];
  const transactions = /^number of transactions actually processed: ([0-9]+)/m.exec(output)?.[1];
  if (tps === undefined || transactions === undefined) throw new Error(`pgbench did not tell its rate: ${output}`);
  return { tps: Number(tps), transactions: Number(transactions) };
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(`${debianBinaries}/bin/${program}`, args, {
    env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status !== 0) throw new Error(`${program} ended with status ${status}: ${output.trim()}`);
  return output;
}
