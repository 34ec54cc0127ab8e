// The program londiste without a database: its command line and help.
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { runLondiste } from "../../../src/londiste/index.ts";

async function run(...argv: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const status = await runLondiste(argv, {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    env: {},
    process: Object.assign(new EventEmitter(), { exit: () => undefined as never, pid: process.pid }),
    clock: systemClock,
  });
  return { status, out, err };
}

test("help names the commands of the old program", async () => {
  const { status, out } = await run("--help");

  expect(status).toBe(0);
  const old = ["add-table", "remove-table", "add-seq", "remove-seq", "tables", "seqs", "missing", "resync"];
  for (const name of [...old, "change-handler", "wait-sync", "execute", "compare", "repair", "show-handlers"]) {
    expect(out).toContain(`  ${name}`);
  }
});

test("the help of a command names its options as the old program did", async () => {
  const { out } = await run("help", "add-table");

  for (const option of ["--create-full", "--dest-table", "--expect-sync", "--skip-truncate", "--trigger-flags"]) {
    expect(out, out).toContain(option);
  }
});

test("a sample file is of the section of the program", async () => {
  expect((await run("--ini")).out).toContain("[londiste]");
});
