// Large objects go up to an object store in parts, several at once.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { S3Store } from "../../../src/walmgr/index.ts";
import { inParts, partBytesOf } from "../../../src/walmgr/store/s3-parts.ts";

/** Takes parts, and answers for them only when so many are there, or all. */
async function startService(atOnce: number, expected: number) {
  const parts: { readonly number: number; readonly bytes: number }[] = [];
  const waiting: (() => void)[] = [];
  let completed = "";
  const server = createServer((incoming, outgoing) => {
    const query = new URL(incoming.url ?? "", "http://x").searchParams;
    let bytes = 0;
    let text = "";
    incoming.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (piece.length < 10_000) text += piece.toString();
    });
    incoming.on("end", () => {
      const number = Number(query.get("partNumber") ?? 0);
      if (query.has("uploads")) outgoing.end("<r><UploadId>up</UploadId></r>");
      else if (number === 0) {
        completed = text;
        outgoing.end("<r></r>");
      } else {
        parts.push({ number, bytes });
        waiting.push(() => outgoing.writeHead(200, { etag: `"${number}"` }).end());
        // The last one is answered first.
        if (waiting.length === atOnce || parts.length === expected)
          for (const answer of waiting.splice(0).reverse()) answer();
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    parts,
    completed: () => completed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function* megabytes(count: number): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let i = 0; i < count; i += 1) yield Buffer.alloc(1024 * 1024, i);
}

test("parts of a large object are on their way at once, and are put together in their order", async () => {
  await using service = await startService(2, 3);
  const keys = { region: "here", accessKey: "a", secretKey: "b", bucket: "wal", prefix: "" };
  await using store = new S3Store({ endpoint: service.endpoint, ...keys, parallelParts: 2 });

  const put = await store.put("large", megabytes(70));

  expect(put.sizeBytes).toBe(70 * 1024 * 1024);
  expect(service.parts.map(({ number, bytes }) => [number, bytes / 1024 / 1024]).sort()).toEqual([
    [1, 32],
    [2, 32],
    [3, 6],
  ]);
  expect([...service.completed().matchAll(/<ETag>"(\d)"/g)].map(([, tag]) => tag)).toEqual(["1", "2", "3"]);
});

test("parts are small where the size is known, and all alike", async () => {
  await using service = await startService(4, 9);
  const keys = { region: "here", accessKey: "a", secretKey: "b", bucket: "wal", prefix: "" };
  await using store = new S3Store({ endpoint: service.endpoint, ...keys, parallelParts: 4 });

  await store.put("large", megabytes(70), { sizeBytes: 60 * 1024 * 1024 });

  const sizes = service.parts.toSorted((a, b) => a.number - b.number).map(({ bytes }) => bytes / 1024 / 1024);
  expect(sizes).toEqual([8, 8, 8, 8, 8, 8, 8, 8, 6]);
});

test("9 000 parts are enough for what is expected", () => {
  const terabyte = 1024 ** 4;
  for (const sizeBytes of [undefined, 0, 40e6, 80e9, 400e9, terabyte, 5 * terabyte]) {
    const partBytes = partBytesOf(sizeBytes);
    expect(partBytes, String(sizeBytes)).toBeGreaterThanOrEqual(8 * 1024 * 1024);
    expect(9_000 * partBytes, String(sizeBytes)).toBeGreaterThanOrEqual(sizeBytes ?? 0);
  }
});

test("an object that is larger than was expected goes on in larger parts", async () => {
  const sizes: number[] = [];
  const pieces = Array.from({ length: 9_000 + 20 }, () => Buffer.alloc(10));
  for await (const part of inParts(pieces, 10)) sizes.push(part.length);

  expect(sizes.slice(0, 9_000).every((bytes) => bytes === 10)).toBe(true);
  expect(sizes.slice(9_000)).toEqual([160, 40]);
});
