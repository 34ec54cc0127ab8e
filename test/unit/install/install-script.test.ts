import { expect, test } from "vitest";
import { installScript, parseStep, uninstallScript } from "../../../src/pgq/index.ts";

test("the same package gives the same script", () => {
  expect(installScript("pgq")).toBe(installScript("pgq"));
});

test.each([
  { text: "-- breaking: events have another column\nselect 1;\n", isBreaking: true },
  { text: "--breaking\nselect 1;", isBreaking: true },
  { text: "-- adds a column\n-- breaking\nselect 1;", isBreaking: false },
  { text: "select 1;", isBreaking: false },
])("a step is breaking when its first line says so: $text", ({ text, isBreaking }) => {
  expect(parseStep("0001", text)).toMatchObject({ name: "0001", isBreaking });
});

test("no placeholder is left in the scripts", () => {
  const left = /@[a-z_]+@/;

  expect(installScript("pgq")).not.toMatch(left);
  expect(uninstallScript("pgq", true)).not.toMatch(left);
});
