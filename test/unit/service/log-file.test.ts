import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createLogger, LogFile, type LogFormat } from "../../../src/service/index.ts";
import { temporaryFolder, type TemporaryFolder } from "../../harness/temporary-folder.ts";

function contents(folder: TemporaryFolder): Readonly<Record<string, string>> {
  return Object.fromEntries(readdirSync(folder.path).map((name) => [name, readFileSync(folder.file(name), "utf8")]));
}

test("lines are there as soon as they are written, after what was there before", () => {
  using folder = temporaryFolder();
  writeFileSync(folder.file("p.log"), "before\n");
  const file = new LogFile({ path: folder.file("p.log"), maxBytes: 0, keep: 3 });

  file.write("one\n");

  expect(contents(folder)).toEqual({ "p.log": "before\none\n" });
  file.close();
});

test("a file that would grow too large becomes number one, and the oldest one is dropped", () => {
  using folder = temporaryFolder();
  const file = new LogFile({ path: folder.file("p.log"), maxBytes: 10, keep: 2 });

  for (const line of ["aaaa\n", "bbbb\n", "cccc\n", "d\n", "eeeeeeeeeeeeeeee\n", "f\n"]) file.write(line);

  expect(contents(folder)).toEqual({ "p.log": "f\n", "p.log.1": "eeeeeeeeeeeeeeee\n", "p.log.2": "cccc\nd\n" });
  file.close();
});

test.each([
  [0, 3],
  [10, 0],
])("with size %d and %d old files the file is never rotated", (maxBytes, keep) => {
  using folder = temporaryFolder();
  const file = new LogFile({ path: folder.file("p.log"), maxBytes, keep });

  for (let i = 0; i < 10; i += 1) file.write("0123456789\n");

  expect(contents(folder)).toEqual({ "p.log": "0123456789\n".repeat(10) });
  file.close();
});

test("a file that was moved away is followed until it is reopened", () => {
  using folder = temporaryFolder();
  const file = new LogFile({ path: folder.file("p.log"), maxBytes: 0, keep: 3 });
  file.write("one\n");
  renameSync(folder.file("p.log"), folder.file("old.log"));

  file.write("two\n");
  file.reopen();
  file.write("three\n");

  expect(contents(folder)).toEqual({ "old.log": "one\ntwo\n", "p.log": "three\n" });
  file.close();
});

test("a name that cannot be opened at reopening keeps the old file", () => {
  using folder = temporaryFolder();
  const file = new LogFile({ path: folder.file("p.log"), maxBytes: 0, keep: 3 });

  expect(() => file.reopen({ path: folder.file("gone/p.log"), maxBytes: 0, keep: 3 })).toThrow();
  file.write("still\n");

  expect(contents(folder)).toEqual({ "p.log": "still\n" });
  file.close();
});

test("lines that cannot be written are counted, and the next one says how many", () => {
  using folder = temporaryFolder();
  mkdirSync(folder.file("logs"));
  const file = new LogFile({ path: folder.file("logs/p.log"), maxBytes: 4, keep: 1 });
  file.write("one\n");
  rmSync(folder.file("logs"), { recursive: true });

  file.write("two\n");
  file.write("three\n");
  expect(file.lostLines).toBe(2);
  mkdirSync(folder.file("logs"));
  file.write("four\n");

  expect(readFileSync(folder.file("logs/p.log"), "utf8")).toBe("… 2 lines could not be written …\nfour\n");
  file.close();
});

function firstLine(format: LogFormat, fields: object, text = "something happened"): string {
  const lines: string[] = [];
  createLogger({ level: "trace", format, write: (line) => void lines.push(line) }).warn(fields, text);
  return lines.join("");
}

test.each([
  ["classic", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ WARNING something happened \(queue=q\)\n$/],
  ["pgqd", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+ \[\d+\] WARNING something happened \(queue=q\)\n$/],
] as const)("lines of the format %s look as those of the old programs", (format, pattern) => {
  expect(firstLine(format, { queue: "q" })).toMatch(pattern);
});

test("further lines of a text begin with a tab, so that each line with a time is one message", () => {
  expect(firstLine("classic", {}, "one\ntwo\nthree")).toMatch(/WARNING one\n\ttwo\n\tthree\n$/);
});

test("classic lines call the levels as Python's logging does", () => {
  const lines: string[] = [];
  const log = createLogger({ level: "trace", format: "classic", write: (line) => void lines.push(line) });
  for (const level of ["error", "warn", "info", "debug", "trace"] as const) log[level]({}, "x");

  expect(lines.map((line) => line.split(" ")[3])).toEqual(["ERROR", "WARNING", "INFO", "DEBUG", "TRACE"]);
});
