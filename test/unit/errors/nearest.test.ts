import { expect, test } from "vitest";
import { nearestName } from "../../../src/errors/index.ts";

const known = ["queue", "consumer", "log_level", "db"];

test.each([
  ["queu", "queue"],
  ["qeueu", "queue"],
  ["consumers", "consumer"],
  ["LOG-LEVEL", "log_level"],
  ["loglevel", "log_level"],
  ["bd", "db"],
  ["something", null],
  ["", null],
  ["x", null],
])("%s is nearest to %s", (name, expected) => {
  expect(nearestName(name, known)).toBe(expected);
});
