// Maintenance entries as statements.
import { describe, expect, test } from "vitest";
import { asksForMore, operationStatement } from "../../../src/ticker/operation.ts";

describe("maintenance entries", () => {
  test.each([
    ["pgq.maint_rotate_tables_step2", null, "select (pgq.maint_rotate_tables_step2())::text as result", []],
    ["pgq.maint_rotate_tables_step1", "it's", "select (pgq.maint_rotate_tables_step1($1))::text as result", ["it's"]],
    ["My.Func", null, 'select ("My"."Func"())::text as result', []],
    ["vacuum", "pgq.tick", "vacuum pgq.tick", []],
    ["VACUUM ANALYZE", 'public.we"ird', 'VACUUM ANALYZE public."we""ird"', []],
    ["vacuumx", null, "select (public.vacuumx())::text as result", []],
  ])("%s(%s) is run as %s", (name, argument, sql, params) => {
    expect(operationStatement({ name, argument })).toEqual({ sql, params });
  });

  test.each([
    ["vacuum", null],
    ["", "x"],
  ])("%j with argument %j names nothing", (name, argument) => {
    expect(operationStatement({ name, argument })).toBeNull();
  });

  test.each([
    ["1", true],
    ["-2", true],
    [" 10 ", true],
    ["0", false],
    ["00", false],
    ["", false],
    ["t", false],
    ["1.5", false],
    ["(1,2)", false],
    [null, false],
    [undefined, false],
  ])("the result %j asks for the same call again: %j", (result, again) => {
    expect(asksForMore(result)).toBe(again);
  });
});
