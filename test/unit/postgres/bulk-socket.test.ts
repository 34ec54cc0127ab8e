// The socket that reads into large buffers.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { finished } from "node:stream/promises";
import { expect, test } from "vitest";
import { BulkSocket } from "../../../src/postgres/replication/bulk-socket.ts";
import { ReadMemory } from "../../../src/postgres/replication/read-memory.ts";

const MEGABYTE = 1024 * 1024;

/** Different ones in every block. */
function sample(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  return bytes;
}

function digest(...parts: readonly Buffer[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** A server that sends `bytes` to whoever comes, and ends. */
async function withServer(bytes: Buffer, work: (socket: BulkSocket) => Promise<void>): Promise<void> {
  const server = createServer((peer) => peer.on("error", () => undefined).end(bytes)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = new BulkSocket();
  try {
    socket.connect((server.address() as AddressInfo).port, "127.0.0.1");
    await work(socket);
  } finally {
    socket.destroy();
    server.close();
  }
}

test("all bytes come, and those that were kept are never written over", async () => {
  const bytes = sample(20 * MEGABYTE + 17);
  await withServer(bytes, async (socket) => {
    const kept: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => kept.push(chunk));

    await finished(socket, { writable: false });

    expect(digest(...kept)).toBe(digest(bytes));
  });
});

test("nothing comes while it is paused, and nothing is lost", async () => {
  const bytes = sample(8 * MEGABYTE);
  await withServer(bytes, async (socket) => {
    const kept: Buffer[] = [];
    let isPaused = false;
    let cameWhilePaused = 0;
    socket.on("data", (chunk: Buffer) => {
      if (isPaused) cameWhilePaused += 1;
      kept.push(chunk);
      isPaused = true;
      socket.pause();
      setTimeout(() => {
        isPaused = false;
        socket.resume();
      }, 2);
    });

    await finished(socket, { writable: false });

    expect(cameWhilePaused).toBe(0);
    expect(digest(...kept)).toBe(digest(bytes));
  });
});

/** Reads pieces of all sizes, and takes them after any number of reads, as a connection does. */
function readAndTake(memory: ReadMemory, takes: number): { readonly buffers: number; readonly spoilt: number } {
  const buffers = new Set<ArrayBufferLike>();
  let [seed, number, spoilt] = [42, 0, 0];
  const random = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) % below;
  let waiting: { readonly data: Buffer; readonly number: number }[] = [];
  let taken = waiting;
  const read = (): void => {
    const room = memory.room();
    buffers.add(room.buffer);
    const data = memory.read(1 + random(room.length)).fill((number = (number + 1) % 251));
    waiting.push({ data, number });
  };
  for (let n = 0; n < takes; n += 1) {
    for (let reads = random(6); reads > 0; reads -= 1) read(); // while the reader works
    spoilt += taken.filter((piece) => piece.data.some((byte) => byte !== piece.number)).length;
    memory.giveBack();
    if (waiting.length === 0) for (let reads = random(3); reads > 0; reads -= 1) read(); // while he waits
    taken = waiting;
    waiting = [];
  }
  return { buffers: buffers.size, spoilt };
}

test("what is lent is used again, and never before the reader has done with it", () => {
  const memory = new ReadMemory();
  memory.lend();

  const { buffers, spoilt } = readAndTake(memory, 400);

  expect(spoilt).toBe(0);
  expect(buffers).toBeLessThan(25);
});

test("what is not lent, or no longer, is never used again", () => {
  const memory = new ReadMemory();

  const before = readAndTake(memory, 20);
  memory.lend();
  readAndTake(memory, 20);
  memory.keep();
  const after = readAndTake(memory, 20);

  expect([before.spoilt, after.spoilt]).toEqual([0, 0]);
  expect(before.buffers).toBeGreaterThan(20);
  expect(after.buffers).toBeGreaterThan(20);
});
