import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, test } from "vitest";
import { cliProgram } from "../harness/cli-program.ts";
import { createDatabase, majors } from "../harness/database.ts";
import { startPrivateServer } from "../harness/private-server.ts";
import { runCli } from "../harness/run-cli.ts";
import { until } from "../harness/until.ts";

interface Sample {
  readonly lines?: readonly { queue: string; consumer: string | null; perSecond: number | null; pending: number }[];
  readonly trouble?: string;
}

const major = Math.max(...majors());
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
});

function start(program: string, ...args: string[]) {
  const child = spawn(program, args, { env: { ...process.env, SHELL: "/bin/sh" } });
  running.add(child);
  const ended = once(child, "close").then(([status]) => status as number | null);
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  return { child, ended, output: () => stdout };
}

/** `skytools top` on a terminal of its own, in a shell that tells afterwards how it left the terminal. */
function startOnTerminal(url: string, rows: number, columns: number) {
  const top = [process.execPath, ...cliProgram, "top", "--interval", "100ms", "--db", url].map((w) => `'${w}'`);
  const script = `stty rows ${rows} cols ${columns}; ${top.join(" ")}; echo "ended=$?"; stty -a`;
  const { child, ended, output } = start("script", "-qfc", script, "/dev/null");
  const screens = (): string[] => output().split("\x1b[H").slice(1).map(stripVTControlCharacters);
  return {
    press: (key: string) => child.stdin.write(key),
    /** A screen on which all these stand, of those drawn from now on. */
    async screen(...texts: string[]): Promise<string[]> {
      const seen = screens().length;
      const whole = (): string[] => screens().slice(seen, -1);
      const found = await until(() => whole().find((s) => texts.every((t) => s.includes(t))), {
        what: texts.join(),
        timeoutMs: 60_000,
      });
      return found.split("\n").map((line) => line.trim());
    },
    async afterwards(): Promise<string> {
      await ended;
      return output().slice(output().lastIndexOf("\x1b[?1049l"));
    },
  };
}

async function addQueue(url: string): Promise<void> {
  await runCli(["queue", "create", "orders", "--db", url]);
  await runCli(["consumer", "register", "orders", "mailer", "--db", url]);
}

test("top --json prints a line at each look, goes on after a restart of the server, and ends with its reader", async () => {
  const server = await startPrivateServer({ major });
  try {
    const { cluster } = server;
    await addQueue(cluster.url());
    const top = start(process.execPath, ...cliProgram, "top", "--json", "-i", "100ms", "--db", cluster.url());
    const samples = (): Sample[] =>
      top
        .output()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Sample);
    const next = async (what: string, isIt: (sample: Sample) => boolean): Promise<Sample> => {
      const seen = samples().length;
      return await until(() => samples().slice(seen).find(isIt), { what, timeoutMs: 60_000 });
    };

    const { lines } = await next("a rate", (s) => s.lines?.every(({ perSecond }) => perSecond !== null) === true);
    expect(lines).toMatchObject([
      { queue: "orders", consumer: null },
      { queue: "orders", consumer: "mailer", pending: 0 },
    ]);
    await server.disconnect();
    await cluster.halt();
    await next("trouble", ({ trouble }) => trouble !== undefined);
    await cluster.start();
    await next("figures again", (s) => s.lines?.length === 2);

    top.child.stdout.destroy();
    expect(await top.ended).toBe(0);
  } finally {
    await server.stop();
  }
});

test("top draws a screen as large as the terminal, obeys keys, and gives the terminal back", async () => {
  await using database = await createDatabase(major);
  await addQueue(database.url);
  const top = startOnTerminal(database.url, 7, 60);

  const screen = await top.screen("by name", "mailer");
  expect(screen[0]).toMatch(/^skytools top .* {3}by name {3}1 queue, 1 consumer$/);
  expect(screen[2]).toMatch(/^QUEUE +CONSUMER +EV\/S +PENDING +BEHIND +LAST SEEN$/);
  expect(screen.slice(3, 5).map((line) => line.replace(/^(\w+) .*/, "$1"))).toEqual(["orders", "orders"]);
  expect(screen[6]).toMatch(/^q quit .*…$/);
  expect(screen).toHaveLength(7);

  top.press("p");
  await top.screen("by pending");
  top.press("\x1b[B");
  expect(await top.screen("from line 2")).toHaveLength(6);
  top.press("q");
  const afterwards = await top.afterwards();
  expect(afterwards).toContain("ended=0");
  expect(afterwards).toMatch(/[^-]icanon/);
});

test("top without PgQ in the database gives the terminal back and says what is wrong", async () => {
  await using database = await createDatabase(major, "template1");
  const top = startOnTerminal(database.url, 24, 80);

  const afterwards = await top.afterwards();
  expect(afterwards).toContain("skytools: ");
  expect(afterwards).toContain("there is no PgQ in this database");
  expect(afterwards).toContain("ended=1");
  expect(afterwards).toMatch(/[^-]icanon/);
});

test("top on a narrow and low terminal leaves out what does not fit", async () => {
  await using database = await createDatabase(major);
  await addQueue(database.url);
  const top = startOnTerminal(database.url, 4, 28);

  const screen = await top.screen("orders");
  expect(screen).toHaveLength(4);
  expect(screen[2]).toMatch(/^QUEUE +CONSUMER +PENDING$/);
  expect(Math.max(...screen.map((line) => line.length))).toBeLessThanOrEqual(28);
  top.press("\x03");
  expect(await top.afterwards()).toContain("ended=0");
});
