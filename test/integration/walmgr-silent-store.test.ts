// Object stores that take a connection and say nothing, or stop in the middle of an answer; and addresses that are none.
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { S3Store } from "../../src/walmgr/index.ts";
import { until } from "../harness/until.ts";
import { walmgrSite } from "../harness/walmgr-site.ts";

let service: Server;
let endpoint: string;
let requests = 0;

beforeAll(async () => {
  service = createServer((incoming, outgoing: ServerResponse) => {
    requests += 1;
    if (incoming.url?.includes("half") === true) outgoing.writeHead(200, { "content-length": "1000" }).write("half");
  });
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  endpoint = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
});

afterAll(() => {
  service.closeAllConnections();
  service.close();
});

const store = (more: Partial<ConstructorParameters<typeof S3Store>[0]> = {}): S3Store =>
  new S3Store({ endpoint, region: "here", accessKey: "a", secretKey: "b", bucket: "wal", prefix: "", ...more });

test("a request that is not answered is given up, and the wait is told before", async () => {
  const slow: string[] = [];
  await using silent = store({ answerLimitMs: 300, onSlow: (request) => slow.push(request) });

  const failure = { code: "STORE_FAILED", hint: expect.stringContaining(endpoint) as string };
  await expect(silent.get("x")).rejects.toMatchObject(failure);
  await expect(silent.put("x", [Buffer.alloc(10)])).rejects.toThrow("PUT x failed in s3://wal/: no answer for 0 s");
  expect(slow).toEqual(["GET x", "PUT x"]);
});

test("an object whose bytes stop coming is given up, however slowly they are taken", async () => {
  await using silent = store({ answerLimitMs: 300 });
  const pieces = (await silent.get("half"))[Symbol.asyncIterator]();

  expect(Buffer.from((await pieces.next()).value as Uint8Array).toString()).toBe("half");
  await expect(pieces.next()).rejects.toMatchObject({ code: "STORE_FAILED" });
});

test("what is stopped waits for a moment only, and closing ends it at once", async () => {
  const stopper = new AbortController();
  await using stopped = store({ stop: stopper.signal });
  await using closed = store();
  const [began, before] = [performance.now(), requests];
  const [first, second] = [stopped.stat("x"), closed.stat("x")];
  const ends = Promise.allSettled([first, second]);

  await until(() => requests === before + 2);
  stopper.abort();
  await closed.close();
  await ends;

  await expect(first).rejects.toMatchObject({ code: "ABORTED" });
  await expect(second).rejects.toMatchObject({ code: "STORE_FAILED" });
  expect(performance.now() - began).toBeLessThan(10_000);
});

const lines = (): readonly string[] => [
  "repositories = s3://wal/site",
  `s3_endpoint = ${endpoint}`,
  "s3_access_key = a",
  "s3_secret_key = b",
];

test.each(["info", "verify", "listbackups", "restore-points", "check", "expire"])(
  "a signal ends %s soon, which waits for an object store, with status 1",
  async (command) => {
    await using site = walmgrSite(lines());
    const before = requests;
    const running = site.start(command);
    await until(() => requests > before, { timeoutMs: 30_000 });
    const began = performance.now();

    expect(await running.end("SIGINT")).toBe(1);
    expect(running.output()).toContain("stopped by a signal");
    expect(performance.now() - began).toBeLessThan(10_000);
  },
);

test.each(["minio:9000", "http://key:secret@minio:9000"])(
  "s3_endpoint = %s is refused, with what to write",
  async (wrong) => {
    await using site = walmgrSite([
      ...lines().filter((line) => !line.startsWith("s3_endpoint")),
      `s3_endpoint = ${wrong}`,
    ]);
    const running = site.start("info");

    expect(await running.ended).toBe(1);
    expect(running.output()).toContain("is not the address of an object store");
    expect(running.output()).toContain("https://");
    expect(running.output()).not.toContain("secret@");
  },
);
