import { expect, test } from "vitest";
import { firstParentheses, splitList, splitStatements } from "../../../src/pgq/install/manifest/scan-sql.ts";

test.each([
  { script: "select 1; select 2", statements: ["select 1", "select 2"] },
  { script: "select ';'; select 'it''s;'", statements: ["select ';'", "select 'it''s;'"] },
  { script: 'select 1 as ";"', statements: ['select 1 as ";"'] },
  { script: "-- a; b\nselect 1", statements: ["select 1"] },
  { script: "/* ; */ select 1;", statements: ["select 1"] },
  { script: "do $$ begin; end $$; select 1", statements: ["do $$ begin; end $$", "select 1"] },
  { script: "do $a$ select $$;$$; $a$", statements: ["do $a$ select $$;$$; $a$"] },
  { script: " ;; \n;", statements: [] },
])("splits $script into statements", ({ script, statements }) => {
  expect(splitStatements(script).map(({ text }) => text)).toEqual(statements);
});

test.each([
  { list: "a, b", parts: ["a", "b"] },
  { list: "a numeric(1, 2), b text default ','", parts: ["a numeric(1, 2)", "b text default ','"] },
  { list: "a int[1,2]", parts: ["a int[1,2]"] },
  { list: " ", parts: [] },
])("splits the list $list", ({ list, parts }) => {
  expect(splitList(list)).toEqual(parts);
});

test("finds the partner of the first parenthesis, past quotes", () => {
  expect(firstParentheses("f(a ')', (b)) returns c")).toEqual({ inside: "a ')', (b)", rest: " returns c" });
});

test("a parenthesis without partner is an error", () => {
  expect(() => firstParentheses("f(")).toThrow("no parentheses");
});
