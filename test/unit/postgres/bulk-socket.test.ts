// The socket that reads into large buffers.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { finished } from "node:stream/promises";
import { expect, test } from "vitest";
import { bulkSocket } from "../../../src/postgres/replication/bulk-socket.ts";

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
async function withServer(bytes: Buffer, work: (socket: Socket) => Promise<void>): Promise<void> {
  const server = createServer((peer) => peer.on("error", () => undefined).end(bytes)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = bulkSocket();
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
