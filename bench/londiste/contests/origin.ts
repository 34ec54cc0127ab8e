// What replication costs the origin: pgbench's own transactions a second, with and without it, replicas following.
import { spawn } from "node:child_process";
import { debianBinaries } from "../../../test/harness/debian-packages.ts";
import type { Contest, Reading, Size } from "../model.ts";
import { type Peer, peerNames } from "../peer.ts";

const TABLES = ["public.pgbench_accounts", "public.pgbench_branches", "public.pgbench_tellers"];

export const originContests: readonly Contest[] = [
  {
    name: "pgbench on the origin, 4 clients",
    figures: { plain: "tps", replicated: "tps", kept: "of plain" },
    peers: peerNames,
    targets: [],
    isSingle: true,
    measure: origin,
  },
];

async function origin(peer: Peer, { pgbenchSeconds, pgbenchScale }: Size): Promise<Reading> {
  await fill(peer, pgbenchScale);
  try {
    const plain = await rate(peer.originUrl, pgbenchSeconds);
    await fill(peer, pgbenchScale); // both hold the same again
    for (const table of TABLES) await peer.addEqualTable(table);
    await rate(peer.originUrl, 2); // caches of the triggers
    const replicated = await rate(peer.originUrl, pgbenchSeconds);
    await peer.caughtUp();
    return { plain, replicated, kept: replicated / plain };
  } finally {
    for (const table of TABLES) await peer.removeTable(table).catch(() => undefined);
    const all = [...TABLES, "public.pgbench_history"].join(", ");
    for (const client of [peer.origin, peer.replica]) await client.query(`drop table ${all}`);
  }
}

async function fill({ originUrl, replicaUrl }: Peer, scale: number): Promise<void> {
  for (const url of [originUrl, replicaUrl]) await run("pgbench", ["-i", "-q", "-s", String(scale), url]);
}

async function rate(url: string, seconds: number): Promise<number> {
  const output = await run("pgbench", ["-n", "-M", "prepared", "-c", "4", "-j", "1", "-T", String(seconds), url]);
  const tps = /^tps = ([0-9.]+)/m.exec(output)?.[1];
  if (tps === undefined) throw new Error(`pgbench did not tell its rate: ${output}`);
  return Number(tps);
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
