import { expect, test } from "vitest";
import { commands } from "../../../src/cli/commands/index.ts";
import { packageVersion } from "../../../src/pgq/index.ts";
import { flagName } from "../../../src/service/index.ts";
import { runCli } from "../../harness/run-cli.ts";

test("skytools --version prints the version of the package", async () => {
  expect(await runCli(["--version"])).toEqual({ status: 0, stdout: `skytools ${packageVersion()}\n`, stderr: "" });
});

test.each([[["--help"]], [["help"]], [[]]])("skytools %j lists every command", async (argv) => {
  const { status, stdout } = await runCli(argv);

  expect(status).toBe(0);
  expect(commands.filter(({ name }) => !stdout.includes(`  ${name} `))).toEqual([]);
});

test.each(commands.map((definition) => [definition.name, definition] as const))(
  "the help of %s shows its examples, its options and the global options",
  async (name, definition) => {
    const { status, stdout } = await runCli([name, "--help"]);

    expect(status).toBe(0);
    expect(definition.examples.length).toBeGreaterThan(0);
    expect(definition.examples.filter(({ line }) => !stdout.includes(line))).toEqual([]);
    expect(definition.options.filter((option) => !stdout.includes(flagName(option.name)))).toEqual([]);
    expect(stdout).toContain("--db <DSN>");
  },
);

test("help with a command's name prints the same as the command with --help", async () => {
  expect((await runCli(["help", "install"])).stdout).toBe((await runCli(["install", "--help"])).stdout);
});

test.each([
  { argv: ["instal", "pgq"], message: "unknown command 'instal'", hint: "did you mean install?" },
  { argv: ["frobnicate"], message: "unknown command 'frobnicate'", hint: "skytools --help" },
  { argv: ["install", "pgq", "--dri-run"], message: "unknown option '--dri-run'", hint: "did you mean --dry-run?" },
  { argv: ["install", "pgq", "--dry-rum=1"], message: "unknown option '--dry-rum=1'", hint: "did you mean --dry-run?" },
  { argv: ["install"], message: "missing required argument 'schema'", hint: "skytools --help" },
  { argv: ["install", "pgq", "more"], message: "too many arguments", hint: "skytools --help" },
  { argv: ["install", "pgq", "--db"], message: "option '--db <DSN>' argument missing", hint: "skytools --help" },
  { argv: ["install", "pqg"], message: 'there is no schema "pqg" in skytools', hint: "known: pgq" },
  { argv: ["sql", "pgq", "--ver"], message: "option --ver is ambiguous", hint: "--verbose or --version" },
])("wrong use of %j exits with 2, says what is wrong and what to do", async ({ argv, message, hint }) => {
  const { status, stdout, stderr } = await runCli(argv);

  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(`skytools: ${message}`);
  expect(stderr).toMatch(/^HINT: /m);
  expect(stderr).toContain(hint);
  expect(stderr).not.toContain("    at ");
});

test("a stack is printed with --verbose only", async () => {
  expect((await runCli(["install", "nothing", "--verbose"])).stderr).toContain("    at ");
});

test("a long option may be shortened as long as only one begins so", async () => {
  const long = await runCli(["sql", "pgq", "--no-transaction"]);

  expect(await runCli(["sql", "pgq", "--no-t"])).toEqual(long);
  expect(long.status).toBe(0);
});

test("skytools sql pgq prints one transaction, with --no-transaction its inside only", async () => {
  const whole = (await runCli(["sql", "pgq"])).stdout;
  const inside = (await runCli(["sql", "pgq", "--no-transaction"])).stdout;

  expect(whole).toMatch(/^begin transaction [^;]*;\n/);
  expect(whole).toMatch(/\ncommit;\n$/);
  expect(whole).toContain(inside.trimEnd());
  expect(inside).toMatch(/^set local /);
  expect(inside).not.toMatch(/\ncommit;\n$/);
});

test("a server that cannot be reached is an error with status 1 and no stack", async () => {
  const { status, stderr } = await runCli(["doctor", "--db", "postgresql://postgres@127.0.0.1:1/x"]);

  expect(status).toBe(1);
  expect(stderr).toMatch(/^skytools: .*127\.0\.0\.1/);
  expect(stderr).not.toContain("    at ");
});

test("a bad connection string is wrong use", async () => {
  expect((await runCli(["doctor", "--db", "hots=localhost"])).status).toBe(2);
});

test("--json prints one line of JSON", async () => {
  const { stdout } = await runCli(["sql", "pgq", "--json"]);

  expect(JSON.parse(stdout)).toMatchObject({ schema: "pgq" });
});

test("an option that is not on the command line is taken from the environment", async () => {
  const { stdout } = await runCli(["sql", "pgq"], { SKYTOOLS_JSON: "true" });

  expect(JSON.parse(stdout)).toMatchObject({ schema: "pgq" });
});
