import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrayText, parseBigints } from "../../../src/pgq/array-text.ts";
import { toQuestionMarks } from "../../../src/pgq/drivers/knex-executor.ts";
import { toExecutor } from "../../../src/pgq/drivers/to-executor.ts";
import { sqlstateOf } from "../../../src/pgq/sqlstate-of.ts";
import { parseArray } from "../../../src/postgres/index.ts";

describe("toExecutor", () => {
  test("something that runs no SQL is refused with what would do", () => {
    const wrong = {} as { query(): Promise<unknown> };

    expect(() => toExecutor(wrong)).toThrow(expect.objectContaining({ code: "WRONG_USE" }) as Error);
    expect(() => toExecutor("postgresql://localhost/shop" as unknown as typeof wrong)).toThrow("no kind that is known");
  });

  test("an executor is made once for a client, and stays itself", () => {
    const client = { query: () => Promise.resolve([]) };

    const executor = toExecutor(client);

    expect(toExecutor(client)).toBe(executor);
    expect(toExecutor(executor)).toBe(executor);
  });

  test("with prepare a statement has a name that follows from its text", async () => {
    const calls: { name: string; text: string; values: unknown[] }[] = [];
    const client = {
      query(call: unknown) {
        calls.push(call as (typeof calls)[number]);
        return Promise.resolve({ rows: [] });
      },
    };

    const executor = toExecutor(client, { prepare: true });
    await executor.query("select 1");
    await executor.query("select 2", ["x"]);
    await toExecutor(executor).query("select 1");

    expect(calls[0]).toMatchObject({ text: "select 1", values: [] });
    expect(calls[1]).toMatchObject({ text: "select 2", values: ["x"] });
    expect(calls[2]!.name).toBe(calls[0]!.name);
    expect(calls[1]!.name).not.toBe(calls[0]!.name);
    expect(calls[0]!.name.length).toBeLessThan(64);
  });

  test("an answer without rows is refused", async () => {
    const executor = toExecutor({ query: () => Promise.resolve("done") });

    await expect(executor.query("select 1")).rejects.toMatchObject({ code: "WRONG_USE" });
  });
});

test("question marks for Knex: each place gets its value, and the statement's own are escaped", () => {
  expect(toQuestionMarks("select $2::text, $1::text, a ? 'b', $1", ["one", null])).toEqual({
    text: "select ?::text, ?::text, a \\? 'b', ?",
    bindings: [null, "one", "one"],
  });
});

describe("texts of arrays", () => {
  test("what is written is read back", () => {
    const value = fc.oneof(fc.string(), fc.constantFrom(null, "", "NULL", "null", '"', "\\", "{", "}", ",", '\\"'));

    fc.assert(
      fc.property(fc.array(value), (values) => {
        expect(parseArray(arrayText(values), (text) => text)).toEqual(values);
      }),
    );
  });

  test("numbers keep all their digits", () => {
    expect(parseBigints("{1,9223372036854775807}")).toEqual([1n, 9223372036854775807n]);
    expect(parseBigints("{}")).toEqual([]);
  });
});

describe("the SQLSTATE of an error", () => {
  test.each<[string, unknown, string | null]>([
    ["pg and postgres.js", { code: "40001" }, "40001"],
    ["skytools", { code: "DATABASE", sqlstate: "25P02" }, "25P02"],
    ["skytools, of a queue", { code: "QUEUE_UNKNOWN", details: { sqlstate: "P0001" } }, "P0001"],
    ["Prisma", { code: "P2010", meta: { code: "42501" } }, "42501"],
    [
      "Prisma with an adapter",
      { code: "P2010", meta: { driverAdapterError: { cause: { originalCode: "23505" } } } },
      "23505",
    ],
    ["Drizzle", { message: "Failed query", cause: { code: "22021" } }, "22021"],
    ["a broken socket", { code: "EPIPE" }, null],
    ["a text", "40001", null],
    ["nothing", null, null],
  ])("%s", (_from, error, sqlstate) => {
    expect(sqlstateOf(error)).toBe(sqlstate);
  });

  test("a circle of causes ends", () => {
    const error: { cause?: unknown } = {};
    error.cause = error;

    expect(sqlstateOf(error)).toBeNull();
  });
});
