// sql_retry with a clock that moves only when somebody sleeps. Pauses: formula_a + formula_b times the tries, capped.
import { expect, test } from "vitest";
import { SkytoolsError } from "../../../src/errors/index.ts";
import { retrySql, type SqlRetrySettings } from "../../../src/service/connections/retry-sql.ts";
import { silentLogger } from "../../../src/service/index.ts";

const usual: SqlRetrySettings = {
  ...{ sqlRetry: true, sqlRetryMaxCount: 10, sqlRetryMaxTime: 300_000 },
  ...{ sqlRetryFormulaA: 1000, sqlRetryFormulaB: 5000, sqlRetryFormulaCap: 60_000 },
};
const lost = (): SkytoolsError => new SkytoolsError("CONNECTION_LOST", "gone");

/** Fails `failures` times. */
async function run(failures: number, settings: Partial<SqlRetrySettings> = {}, error: () => Error = lost) {
  const sleeps: number[] = [];
  const clock = {
    ms: 0,
    now: () => clock.ms,
    random: () => 0,
    sleep: (ms: number) => {
      sleeps.push(ms);
      clock.ms += ms;
      return Promise.resolve();
    },
  };
  let tries = 0;
  const host = {
    settings: () => ({ ...usual, ...settings }),
    log: silentLogger,
    clock,
    signal: new AbortController().signal,
  };
  const work = (): Promise<string> => {
    tries += 1;
    return tries > failures ? Promise.resolve("done") : Promise.reject(error());
  };
  const result = await retrySql(work, host).catch((e: unknown) => (e instanceof Error ? e.message : "?"));
  return { result, tries, sleeps };
}

test("a lost connection is tried again with pauses that grow up to the cap", async () => {
  expect(await run(3)).toEqual({ result: "done", tries: 4, sleeps: [6000, 11_000, 16_000] });
  expect((await run(3, { sqlRetryFormulaCap: 9000 })).sleeps).toEqual([6000, 9000, 9000]);
});

test.each([
  { name: "it is switched off", settings: { sqlRetry: false }, tries: 1 },
  { name: "the count is used up", settings: { sqlRetryMaxCount: 2 }, tries: 3 },
  { name: "the time would be over", settings: { sqlRetryMaxTime: 20_000 }, tries: 3 },
])("the error comes out when $name", async ({ settings, tries }) => {
  expect(await run(99, settings)).toMatchObject({ result: "gone", tries });
});

test("0 is no limit of count and time", async () => {
  expect(await run(40, { sqlRetryMaxCount: 0, sqlRetryMaxTime: 0 })).toMatchObject({ result: "done", tries: 41 });
});

test("an error that has nothing to do with the connection comes out at once", async () => {
  expect(await run(1, {}, () => new Error("a mistake"))).toEqual({ result: "a mistake", tries: 1, sleeps: [] });
});
