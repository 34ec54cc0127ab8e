// The end of a WAL stream, where the server's messages come apart from each other.
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Channel } from "../../../src/postgres/replication/channel.ts";
import { WalStream } from "../../../src/postgres/replication/wal-stream.ts";

const REMOVED = "requested WAL segment has already been removed";

function frame(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}
const error = frame("E", Buffer.from(`SERROR\0VERROR\0C58P01\0M${REMOVED}\0\0`));
const ready = frame("Z", Buffer.from("I"));
const keepalive = frame("d", Buffer.concat([Buffer.from("k"), Buffer.alloc(17)]));

function open() {
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const channel = new Channel(socket);
  const released: unknown[] = [];
  const stream = new WalStream(channel, [], (cause) => released.push(cause));
  const read = (): Promise<unknown> => stream.read().catch((cause: unknown) => cause);
  return { socket, channel, stream, released, read };
}

test("a stream that fails ends when the server takes commands again, and leaves nothing behind", async () => {
  const { socket, channel, released, read } = open();

  const reading = read();
  socket.push(error);
  for (let turns = 0; turns < 10; turns += 1) await turn();
  const before = [...released];
  socket.push(ready);

  expect(await reading).toMatchObject({ code: "DATABASE", message: expect.stringContaining(REMOVED) as string });
  expect(before).toEqual([]);
  expect(released).toHaveLength(1);
  expect(await channel.take(0)).toEqual([]);
});

test("what came before an error is given first, and then the error at once", async () => {
  const { socket, read } = open();

  socket.push(Buffer.concat([keepalive, error, ready]));

  expect(await read()).toMatchObject([{ kind: "keepalive" }]);
  expect(await read()).toMatchObject({ code: "DATABASE" });
});

test("a server that ends the session with its error is quoted", async () => {
  const { socket, read } = open();

  const reading = read();
  socket.push(error);
  socket.push(null);

  expect(await reading).toMatchObject({ code: "DATABASE" });
});
