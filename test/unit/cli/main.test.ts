import { expect, test } from "vitest";
import { commands, groups } from "../../../src/cli/commands/index.ts";
import { packageVersion } from "../../../src/pgq/index.ts";
import { flagName } from "../../../src/service/index.ts";
import { runCli } from "../../harness/run-cli.ts";

test("skytools --version prints the version of the package", async () => {
  expect(await runCli(["--version"])).toEqual({ status: 0, stdout: `skytools ${packageVersion()}\n`, stderr: "" });
});

test.each([[["--help"]], [["help"]], [[]]])(
  "skytools %j lists every command of one word and every group",
  async (argv) => {
    const { status, stdout } = await runCli(argv);

    const words = [
      ...commands.map(({ name }) => name).filter((name) => !name.includes(" ")),
      ...groups.map((g) => g.name),
    ];
    expect(status).toBe(0);
    expect(words.filter((name) => !stdout.includes(`  ${name} `))).toEqual([]);
  },
);

test.each(groups.map(({ name }) => [name]))("skytools %s alone lists the commands of the group", async (group) => {
  const { status, stdout } = await runCli([group]);

  const words = commands.map(({ name }) => name.split(" ")).filter(([first]) => first === group);
  expect(status).toBe(0);
  expect(words.length).toBeGreaterThan(0);
  expect(words.filter(([, second]) => !stdout.includes(`  ${second} `))).toEqual([]);
});

test.each(commands.map((definition) => [definition.name, definition] as const))(
  "the help of %s shows its examples, its options and the global options",
  async (name, definition) => {
    const { status, stdout } = await runCli([...name.split(" "), "--help"]);

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
  { argv: ["install"], message: "missing required argument 'schema'", hint: "skytools install --help" },
  { argv: ["install", "pgq", "more"], message: "too many arguments", hint: "skytools install --help" },
  {
    argv: ["install", "pgq", "--db"],
    message: "option '--db <DSN>' argument missing",
    hint: "skytools install --help",
  },
  { argv: ["install", "pqg"], message: 'there is no schema "pqg" in skytools', hint: "known: pgq" },
  { argv: ["queue", "lits"], message: "unknown command 'queue lits'", hint: "did you mean queue list?" },
  { argv: ["queue", "frobnicate"], message: "unknown command 'queue frobnicate'", hint: "skytools --help" },
  { argv: ["queu", "list"], message: "unknown command 'queu'", hint: "did you mean queue?" },
  { argv: ["queue", "drop"], message: "missing required argument 'queue'", hint: "skytools queue drop --help" },
  { argv: ["queue", "drop", "q", "--yess"], message: "unknown option '--yess'", hint: "did you mean --yes?" },
  { argv: ["queue", "create", ""], message: "the name of the queue is empty", hint: "give a queue" },
  { argv: ["queue", "set", "q", "lag"], message: '"lag" is no setting', hint: "name=value" },
  { argv: ["queue", "set", "q", "ticker_maxlag=1"], message: "a queue has no setting", hint: "ticker_max_lag?" },
  { argv: ["queue", "set", "q", "ticker_max_lag=soon"], message: 'ticker_max_lag does not take "soon"', hint: "3s" },
  { argv: ["queue", "set", "q", "ticker_paused=2"], message: 'ticker_paused does not take "2"', hint: "yes or no" },
  { argv: ["queue", "list", "--watch=0"], message: '--watch does not take "0"', hint: "not below 100ms" },
  { argv: ["consumer", "seek", "q", "c"], message: "no place is given", hint: "--tick" },
  { argv: ["consumer", "seek", "q", "c", "--tick", "x"], message: '"x" is no id of a tick', hint: "a whole number" },
  { argv: ["consumer", "seek", "q", "c", "--first", "--last"], message: "more than one place", hint: "one of" },
  { argv: ["consumer", "skip", "q", "c", "--batches", "0"], message: "--batches does not take", hint: "not below 1" },
  { argv: ["event", "show", "q", "-1"], message: '"-1" is no id of an event', hint: "a whole number" },
  {
    argv: ["event", "show", "q", "99999999999999999999"],
    message: '"99999999999999999999" is no id',
    hint: "a whole number",
  },
  { argv: ["event", "list", "q", "--limit", "0"], message: '--limit does not take "0"', hint: "not below 1" },
  { argv: ["event", "insert", "q", "t", "data", "--lines"], message: "--lines excludes data", hint: "one of them" },
  { argv: ["event", "retry", "q", "c"], message: "missing required argument 'event'", hint: "event retry --help" },
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
