import { homedir } from "node:os";
import { expect, test } from "vitest";
import { Config } from "../../../src/service/config/config.ts";
import { parsePythonIni } from "../../../src/service/config/parse-python.ts";
import { parseDuration } from "../../../src/service/index.ts";
import {
  expandHome,
  parseBool,
  parseBytes,
  parseDict,
  parseInteger,
  parseList,
  parseNumber,
} from "../../../src/service/config/values.ts";

test.each(["1", "yes", "TRUE", "on", " Yes "])("%j is true", (text) => {
  expect(parseBool(text)).toBe(true);
});

test.each(["0", "no", "False", "OFF"])("%j is false", (text) => {
  expect(parseBool(text)).toBe(false);
});

test.each([
  ["1_000", 1000],
  [" -5 ", -5],
  ["+7", 7],
])("%j is the whole number %d", (text, value) => {
  expect(parseInteger(text)).toBe(value);
});

test.each([
  ["1e3", 1000],
  [".5", 0.5],
  ["2.", 2],
  ["-1", -1],
  ["1_0.2_5", 10.25],
])("%j is the number %d", (text, value) => {
  expect(parseNumber(text)).toBe(value);
});

test("lists are split at commas, trimmed, and keep their empty items", () => {
  expect(parseList("a, b ,c,,")).toEqual(["a", "b", "c", "", ""]);
  expect(parseList("a\n, b")).toEqual(["a", "b"]);
  expect(parseList(" ")).toEqual([]);
});

test("maps are split at the first colon; an item without one stands for itself", () => {
  expect([...parseDict("k:v, k2, u:http://x, :e")]).toEqual([
    ["k", "v"],
    ["k2", "k2"],
    ["u", "http://x"],
    ["", "e"],
  ]);
});

test.each([
  ["~", homedir()],
  ["~/x", `${homedir()}/x`],
  ["~root/x", "/root/x"],
  ["~nobody-of-that-name/x", "~nobody-of-that-name/x"],
  ["", ""],
  ["-", "-"],
  ["/a/~", "/a/~"],
])("the path %j is %j", (text, path) => {
  expect(expandHome(text, { HOME: homedir() })).toBe(path);
});

test.each([
  ["1 minute", 60_000],
  ["2 hours 30 mins", 9_000_000],
  ["00:05:00", 300_000],
  ["1:30", 5_400_000],
  ["00:00:00.25", 250],
  ["1 day", 86_400_000],
  ["0.5", 500],
  ["1e-3", 1],
  ["-1", -1000],
])("the interval %j lasts %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  [parseBool, "maybe"],
  [parseInteger, "1e3"],
  [parseInteger, "1__0"],
  [parseInteger, ""],
  [parseNumber, "5s"],
  [parseNumber, "_1"],
  [parseBytes, "6 kib"],
  [parseBytes, "-1"],
  [parseBytes, "1.5M"],
] as const)("%o refuses %j", (parse, text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: "WRONG_USE" }));
});

test("a value of the wrong kind is said with file, line and key", () => {
  const config = new Config(parsePythonIni("[p]\n\nn = many", "/etc/x.ini"), "p");

  expect(() => config.int("n")).toThrow('/etc/x.ini:3: key "n": "many" is not a whole number');
  expect(() => config.int("m")).toThrow('/etc/x.ini has no key "m" in [p]');
});

test("of keys with stars the most specific one counts", () => {
  const text = "[p]\nt_*_* = any\nt_a_* = a\nt_a_b = ab";
  const config = new Config(parsePythonIni(text, "x.ini"), "p");

  expect(
    [
      ["x", "y"],
      ["a", "y"],
      ["a", "b"],
      ["x", "b"],
    ].map((values) => config.wildcard("t_*_*", values)),
  ).toEqual(["any", "a", "ab", "any"]);
  expect(config.wildcard("u_*", ["x"])).toBeUndefined();
});
