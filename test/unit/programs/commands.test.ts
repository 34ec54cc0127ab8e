// A program with commands, run in this process: words, options, help, pidfiles, output.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandProgram, programCommand } from "../../../src/programs/index.ts";
import { defineOption } from "../../../src/service/index.ts";
import { type ProgramResult, runHere } from "../../harness/run-program.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const allFlag = defineOption({
  name: "all",
  type: "bool",
  default: false,
  programs: ["add"],
  flagOnly: true,
  doc: "all of them",
});

const dryRun = defineOption({
  name: "dry_run",
  type: "bool",
  default: false,
  programs: ["drop"],
  flagOnly: true,
  doc: "show what would be done",
});

const seen: unknown[] = [];

const program = commandProgram({
  name: "shelf",
  version: "1.0",
  summary: "keep books",
  keys: { db: defineOption({ name: "db", type: "text", programs: ["shelf"], doc: "connection string" }) },
  commands: [
    programCommand({
      name: "add-book",
      summary: "add books",
      args: [{ name: "book", doc: "its title", isRest: true }],
      flags: { all: allFlag },
      pidfile: "admin",
      examples: [{ line: "conf.ini add-book Dune", doc: "adds one" }],
      run({ service, options, args, out }) {
        seen.push({ args, all: options.all, files: readdirSync(folderOf(service.config.get("pidfile"))) });
        out.result({ added: args }, `added ${args.join(", ")}`);
        return Promise.resolve(undefined);
      },
    }),
    programCommand({
      name: "drop-all",
      summary: "drop all books",
      flags: { dryRun },
      run: () => Promise.resolve(undefined),
    }),
    programCommand({
      name: "list",
      summary: "list books",
      needsFile: false,
      run({ out }) {
        out.result([], "nothing");
        return Promise.resolve(3);
      },
    }),
  ],
});

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/"));
}

async function run(...argv: readonly string[]): Promise<ProgramResult> {
  return await runHere(program, argv);
}

async function withFile<T>(work: (ini: string) => Promise<T>): Promise<T> {
  using folder = temporaryFolder();
  const ini = join(folder.path, "conf.ini");
  writeFileSync(ini, `[shelf]\ndb = dbname=x\npidfile = ${folder.path}/p.pid\nlogfile = ${folder.path}/p.log\n`);
  return await work(ini);
}

test("a command gets its words and options, and holds a pidfile of its own while it runs", async () => {
  await withFile(async (ini) => {
    seen.length = 0;
    const { status, stdout } = await run(ini, "add-book", "Dune", "--all", "Emma");

    expect({ status, stdout }).toEqual({ status: 0, stdout: "added Dune, Emma\n" });
    expect(seen).toEqual([expect.objectContaining({ args: ["Dune", "Emma"], all: true })]);
    expect(seen).toEqual([expect.objectContaining({ files: expect.arrayContaining(["p.pid.admin"]) as unknown })]);
    expect(existsSync(join(folderOf(ini), "p.pid.admin"))).toBe(false);
  });
});

test("underscores stand for dashes in the name of a command, and --json gives one line", async () => {
  await withFile(async (ini) => {
    expect(await run(ini, "add_book", "Dune", "--json")).toMatchObject({ status: 0, stdout: '{"added":["Dune"]}\n' });
  });
});

test("what a command returns is the exit status, also without a file where none is needed", async () => {
  expect(await run("list")).toMatchObject({ status: 3, stdout: "nothing\n" });
});

test("an option of another command is taken with a warning", async () => {
  await withFile(async (ini) => {
    expect(await run(ini, "list", "--all")).toMatchObject({ status: 3 });
    expect(readFileSync(join(folderOf(ini), "p.log"), "utf8")).toContain("--all has no effect on list");
  });
});

test("who asks a command what it would do, and the command cannot tell, does not get it done", async () => {
  await withFile(async (ini) => {
    seen.length = 0;
    const { status } = await run(ini, "add-book", "Dune", "--dry-run");

    expect([status, seen]).toEqual([2, []]);
    expect(readFileSync(join(folderOf(ini), "p.log"), "utf8")).toContain("add-book cannot show what it would do");
    expect(await run(ini, "drop-all", "--dry-run")).toMatchObject({ status: 0 });
  });
});

test("a word that is no command is answered with the nearest one and status 2", async () => {
  await withFile(async (ini) => {
    const { status, stderr } = await run(ini, "add-bok", "x");

    expect(status).toBe(2);
    expect(stderr).toContain("bad subcommand: add-bok\nHINT: did you mean add-book?");
  });
});

test("a command without its file says where the file stands", async () => {
  const { status, stderr } = await run("add-book", "Dune");

  expect(status).toBe(2);
  expect(stderr).toContain("need config file");
  expect(stderr).toContain("shelf conf.ini add-book");
});

test("missing words are named, with the number that is expected", async () => {
  await withFile(async (ini) => {
    const { status, stderr } = await run(ini, "add-book");

    expect(status).toBe(2);
    expect(stderr).toContain("command 'add-book' got 0 args, but expects 1 or more: book");
  });
});

test("help lists the commands, and of one its options and examples", async () => {
  const all = await run("--help");
  const one = await run("help", "add-book");
  const behind = await run("conf.ini", "add-book", "--help");

  expect(all.stdout).toMatch(/add-book BOOK… +add books/);
  expect(one.stdout).toMatch(/--all +all of them/);
  expect(one.stdout).toContain("shelf conf.ini add-book Dune");
  expect(behind.stdout).toBe(one.stdout);
});
