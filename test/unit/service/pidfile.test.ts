import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Writable } from "node:stream";
import { expect, test } from "vitest";
import { acquirePidfile, readPidfile, signalProgram } from "../../../src/service/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { until } from "../../harness/until.ts";

/** Id of a process that has just ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

test("the pidfile holds our id and a newline while it is held", () => {
  using folder = temporaryFolder();
  const path = folder.file("p.pid");

  const pidfile = acquirePidfile(path);

  expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
  pidfile.release();
  pidfile.release();
  expect(readdirSync(folder.path)).toEqual([]);
});

test("a pidfile of a running process is refused and stays", () => {
  using folder = temporaryFolder();
  const path = folder.file("p.pid");
  writeFileSync(path, String(process.ppid));

  expect(() => acquirePidfile(path)).toThrow(
    expect.objectContaining({
      code: "PIDFILE",
      message: expect.stringContaining("another process running?") as string,
    }),
  );
  expect(readFileSync(path, "utf8")).toBe(String(process.ppid));
  expect(readdirSync(folder.path)).toEqual(["p.pid"]);
});

test.each([
  ["dead process", () => `${deadPid()}\n`],
  ["our own id from before", () => String(process.pid)],
  ["nothing", () => ""],
  ["an empty line", () => "\n"],
])("a stale pidfile with %s is replaced, and that is told once", (_, content) => {
  using folder = temporaryFolder();
  const path = folder.file("p.pid");
  writeFileSync(path, content());
  let told = 0;

  acquirePidfile(path, { onStale: () => (told += 1) });

  expect(told).toBe(1);
  expect(readdirSync(folder.path)).toEqual(["p.pid"]);
  expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
});

test.runIf(existsSync("/proc/self/stat"))("a process that has ended and was not waited for does not run", async () => {
  using folder = temporaryFolder();
  const path = folder.file("p.pid");
  // What the shell becomes knows nothing of the child that the shell had, which ends with its input, not before.
  const parent = spawn("/bin/sh", ["-c", "cat <&3 >/dev/null & echo $!; exec sleep 60 3<&-"], {
    stdio: ["ignore", "pipe", "ignore", "pipe"],
  });
  const pid = Number(await new Promise((resolve) => parent.stdout?.once("data", resolve)));
  writeFileSync(path, `${pid}\n`);
  await until(() => readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n");
  (parent.stdio[3] as Writable).end();

  await until(() => readPidfile(path).kind === "stale");
  const isListed = existsSync(`/proc/${pid}`);
  parent.kill();

  expect(isListed).toBe(true);
});

test.each(["garbage", "0", "-1", "12x", "0x10", "99999999999", " 1 2", "１２"])(
  "a pidfile with %j is never taken for a process",
  (content) => {
    using folder = temporaryFolder();
    const path = folder.file("p.pid");
    writeFileSync(path, content);

    expect(readPidfile(path)).toEqual({ kind: "garbage" });
    expect(() => acquirePidfile(path)).toThrow("corrupt pidfile");
    expect(signalProgram(path, "SIGHUP")).toMatchObject({ isSent: false });
    expect(readFileSync(path, "utf8")).toBe(content);
  },
);

test("only the first line of a pidfile counts", () => {
  using folder = temporaryFolder();
  const path = folder.file("p.pid");
  writeFileSync(path, ` ${process.ppid} \nsecond line`);

  expect(readPidfile(path)).toEqual({ kind: "running", pid: process.ppid });
});

test("a pidfile that another process has taken over is not removed", () => {
  using folder = temporaryFolder();
  const path = folder.file("p.pid");
  const pidfile = acquirePidfile(path);
  writeFileSync(path, String(process.ppid));

  pidfile.release();

  expect(existsSync(path)).toBe(true);
});

test("a pidfile in a folder that is not there is an error that says so", () => {
  using folder = temporaryFolder();

  expect(() => acquirePidfile(folder.file("gone/p.pid"))).toThrow(expect.objectContaining({ code: "PIDFILE" }));
});

test.each([
  [null, "No pidfile in config, nothing to do", false],
  ["none.pid", "No pidfile, process not running", true],
  ["dead.pid", "pidfile exists, but process not running", true],
])("the signal by pidfile %j is not sent: %s", (name, text, isGone) => {
  using folder = temporaryFolder();
  writeFileSync(folder.file("dead.pid"), String(deadPid()));

  expect(signalProgram(name === null ? null : folder.file(name), "SIGINT")).toEqual({
    isSent: false,
    isGone,
    text,
  });
});
