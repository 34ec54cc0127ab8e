// The program londiste without a database: its command line and help.
import { expect, test } from "vitest";
import { londiste } from "../../../src/londiste/index.ts";
import { type ProgramResult, runHere } from "../../harness/run-program.ts";

async function run(...argv: readonly string[]): Promise<ProgramResult> {
  return await runHere(londiste, argv);
}

test("help names the commands of the old program", async () => {
  const { status, stdout } = await run("--help");

  expect(status).toBe(0);
  const old = ["add-table", "remove-table", "add-seq", "remove-seq", "tables", "seqs", "missing", "resync"];
  for (const name of [...old, "change-handler", "wait-sync", "execute", "compare", "repair", "show-handlers"]) {
    expect(stdout).toContain(`  ${name}`);
  }
});

test("the help of a command names its options as the old program did", async () => {
  const { stdout } = await run("help", "add-table");

  for (const option of ["--create-full", "--dest-table", "--expect-sync", "--skip-truncate", "--trigger-flags"]) {
    expect(stdout, stdout).toContain(option);
  }
});

test("a sample file is of the section of the program", async () => {
  expect((await run("--ini")).stdout).toContain("[londiste]");
});
