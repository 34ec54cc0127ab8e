// Ports for servers of tests.
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, isFree } from "../../../src/testing/server-process.ts";

test("a free port is none that the system gives to an outgoing connection meanwhile", async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));

  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test("a port is free until somebody listens there", async () => {
  const port = await freePort();
  const before = await isFree(port);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const meanwhile = await isFree(port);
  await new Promise((resolve) => server.close(resolve));

  expect([before, meanwhile, await isFree(port)]).toEqual([true, false, true]);
});
