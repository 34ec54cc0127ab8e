// The program londiste without a database: its command line and help.
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { setadm } from "../../../src/cascade/setadm.ts";
import { londiste } from "../../../src/londiste/index.ts";
import { type ProgramResult, runHere } from "../../harness/run-program.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

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

test.each([londiste, setadm].flatMap(({ name, commands }) => commands.map((command) => [name, command] as const)))(
  "$0 $1.name: its help has an example, with options that the command has",
  async (program, { name }) => {
    const { stdout } = await runHere(program === "londiste" ? londiste : setadm, ["help", name]);

    const [options = "", examples = ""] = stdout.split("Examples:");
    const used = [...examples.matchAll(/ (--[a-z-]+)/g)].map(([, flag]) => flag);
    expect(examples).toContain(`${program} `);
    expect(used.filter((flag) => !options.includes(` ${flag} `) && !options.includes(`${flag}\n`))).toEqual([]);
  },
);

test("keys of old files that nothing needs are told by their reason, not as unknown ones", async () => {
  using folder = temporaryFolder();
  const file = folder.file("old.ini");
  writeFileSync(
    file,
    "[londiste3]\nhandler_modules = londiste.handlers.qtable\npgq_autocommit = 0\ntable_filter = a\nparalel_copies = 2\n",
  );

  const { stderr } = await run(file, "show-handlers");

  for (const key of ["handler_modules", "pgq_autocommit", "table_filter"])
    expect(stderr).toContain(`${key}: no effect; `);
  expect(stderr).toMatch(/unknown key "paralel_copies".*parallel_copies/);
});

test("options of old command lines that never had an effect are taken by every command of a set", async () => {
  using folder = temporaryFolder();
  const file = folder.file("old.ini");
  writeFileSync(file, "[londiste]\nqueue_name = q\n");

  const { stderr } = await run(file, "status", "--target=node1", "--connstr=dbname=x");

  expect(stderr).toContain("target, connstr: no effect; it never had an effect");
  expect(stderr).toContain('the connection string "db" is not set');
});

// Source: python3-londiste 3.11 and setadm of skytools 3.2, whose files may have both.
test.each([
  [londiste, "[londiste]", "old"],
  [setadm, "[cascade_admin]", "new"],
] as const)(
  "of two names of the queue in a file $0.name takes the one that it always took",
  async (program, section, taken) => {
    using folder = temporaryFolder();
    const file = folder.file("both.ini");
    writeFileSync(file, `${section}\nqueue_name = new\npgq_queue_name = old\n`);
    const seen: unknown[] = [];

    await runHere(
      {
        ...program,
        run({ options }) {
          seen.push(options);
          return Promise.resolve(0);
        },
      },
      [file, "members"],
    );

    expect(seen).toMatchObject([{ queueName: taken }]);
  },
);
