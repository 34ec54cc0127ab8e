// The commands that only look, on the C extension: it has none of the functions that we added.
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../harness/run-cli.ts";
import { type DebianServer, startDebianServer } from "./debian.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterAll(() => server.stop());

test("commands that only look work on the C extension", async () => {
  const database = await server.createDatabase("the C extension");
  const client = await database.connect();
  await client.query("select pgq.create_queue('q'), pgq.ticker()");
  await client.query("select pgq.register_consumer('q', 'c')");
  await client.query("select pgq.insert_event('q', 't', 'd'), pgq.force_tick('q')");
  await client.query("select pgq.ticker()");

  const outcomes: Record<string, unknown> = {};
  const look = async (...argv: string[]): Promise<void> => {
    for (const form of [[], ["--json"]]) {
      const words = [...argv, ...form];
      const { status, stdout, stderr } = await runCli([...words, "--db", database.dsn]);
      // 3: something needs attention, as on a slow machine the age of the last tick
      outcomes[words.join(" ")] = [status === 3 ? 0 : status, stdout === "" ? "(nothing)" : "", stderr];
    }
  };
  await look("queue", "list");
  await look("queue", "show", "q");
  await look("consumer", "list");
  await look("consumer", "list", "q");
  await look("consumer", "show", "q", "c");
  await look("event", "list", "q");
  await look("event", "list", "q", "--consumer", "c");
  await look("event", "list", "q", "--retry");
  await look("event", "show", "q", "1");
  await look("status");
  await look("status", "--check");
  await look("why", "q");
  await look("why", "q", "c");

  const fine = Object.keys(outcomes).map((words) => [words, [0, "", ""]]);
  expect(outcomes).toEqual(Object.fromEntries(fine));

  const letters = await runCli(["dlq", "list", "--db", database.dsn]);
  expect([letters.status, letters.stderr]).toEqual([1, expect.stringContaining("run skytools install") as string]);
});
