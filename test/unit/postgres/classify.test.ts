import { expect, test } from "vitest";
import { SkytoolsError } from "../../../src/errors/index.ts";
import { classify, PostgresError, sqlstateTable } from "../../../src/postgres/index.ts";

test.each([
  ["40001", "retry"],
  ["40P01", "retry"],
  ["40002", "user"],
  ["55P03", "retry"],
  ["57014", "retry"],
  ["57P01", "reconnect"],
  ["57P03", "reconnect"],
  ["08006", "reconnect"],
  ["53300", "reconnect"],
  ["53100", "retry"],
  ["25006", "reconnect"],
  ["42501", "stop"],
  ["28P01", "stop"],
  ["3D000", "stop"],
  ["XX001", "stop"],
  ["57P04", "stop"],
  ["42601", "user"],
  ["23505", "user"],
  ["22012", "user"],
  ["P0001", "user"],
  ["99999", "user"],
])("SQLSTATE %s: %s", (sqlstate, action) => {
  expect(classify(new PostgresError("DATABASE", "x", { details: { sqlstate } })).action).toBe(action);
});

test.each([
  ["a lost connection", new PostgresError("CONNECTION_LOST", "x"), "reconnect"],
  ["a server that is not there", new PostgresError("CONNECTION_FAILED", "x"), "reconnect"],
  ["a refused password", new PostgresError("CONNECTION_FAILED", "x", { details: { sqlstate: "28P01" } }), "stop"],
  [
    "several hosts, the last starting up",
    new SkytoolsError("CONNECTION_FAILED", "x", { details: { sqlstate: "57P03" } }),
    "reconnect",
  ],
  ["the driver's own report of a lost connection", new Error("Connection terminated unexpectedly"), "reconnect"],
  ["a socket error", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }), "reconnect"],
  ["a programming error", new TypeError("x is not a function"), "user"],
  ["a stop by a signal", new SkytoolsError("ABORTED", "x"), "user"],
  ["something that is no error", "text", "user"],
])("%s", (_, error, action) => {
  expect(classify(error).action).toBe(action);
});

test("whatever is retried has a pause, and nothing else has", () => {
  const wrong = Object.entries(sqlstateTable).filter(
    ([, { action, delayMs }]) => (action === "retry" || action === "reconnect") !== delayMs > 0,
  );

  expect(wrong).toEqual([]);
});
