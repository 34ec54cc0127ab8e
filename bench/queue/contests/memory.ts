// The memory that a consumer needs, from a small batch to a very large one.
import { spawn } from "node:child_process";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { atMost, type Contest } from "../model.ts";

const MEGABYTE = 1024 * 1024;
/** JavaScript takes its memory for short-lived objects in the first 100 000 events, whatever the batches are. */
const WARM_UP = 200_000;

export const memoryContests: readonly Contest[] = [
  {
    name: "memory of a consumer, small batches and a large one",
    figures: { small: "MB", large: "MB", growth: "MB" },
    peers: ["ours"],
    targets: [atMost("growth", 30)],
    isSingle: true,
    isOptional: true,
    async measure(peer, { memoryEvents: [small, large] }) {
      const sizes: number[] = [];
      for (const batch of [small, large]) {
        const events = Math.max(batch, WARM_UP);
        await peer.reset();
        await peer.fill(events, batch);
        const { host, port, user } = peer.client;
        const url = `postgresql://${user!}@${host}:${port}/${peer.database}`;
        sizes.push((await peakMemory(url, events)) / MEGABYTE);
      }
      return { small: sizes[0]!, large: sizes[1]!, growth: sizes[1]! - sizes[0]! };
    },
  },
];

/** Bytes that a process held at most which did nothing but consume so many events. */
async function peakMemory(url: string, events: number): Promise<number> {
  const self = fileURLToPath(import.meta.url);
  const program = join(dirname(self), `memory-process${extname(self)}`);
  const child = spawn(process.execPath, [program, url, String(events)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise((resolve) => child.once("close", resolve));
  if (status !== 0) throw new Error(`the consumer ended with ${String(status)}`);
  return Number(output);
}
