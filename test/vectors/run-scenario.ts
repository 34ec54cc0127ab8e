// Runs one scenario of recorded statements and results. Columns go by position where the rows of a vector are arrays, by
// name where they are objects.
import pg from "pg";
import { expect } from "vitest";
import type { TestDatabase } from "../harness/database.ts";
import { SESSION_SETTINGS } from "./vector-files.ts";

type Value = string | number | boolean | null;

export interface Expected {
  readonly rows?: readonly (readonly Value[] | Readonly<Record<string, Value>>)[];
  /** "subset": more rows are no difference. */
  readonly match?: "subset";
  readonly error?: { readonly sqlstate: string; readonly message: string };
  readonly warnings?: readonly string[];
}

export interface Step extends Expected {
  readonly session?: string;
  /** One of the scenario's databases; without it, the only one. */
  readonly db?: string;
  readonly sql: string;
}

export interface Scenario {
  readonly name: string;
  readonly quirk?: boolean;
  readonly databases?: readonly string[];
  readonly steps: readonly Step[];
}

/** Steps, named "<scenario>, step <index>", whose result is to be another one than the recorded. */
export type Deviations = Readonly<Record<string, Expected>>;

type Connectable = Pick<TestDatabase, "connect">;

interface Session {
  readonly client: pg.Client;
  readonly warnings: string[];
}

const BOOLEAN_OID = 16;
const NUMBER_OIDS: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701]);

/** Values as the vectors have them: integers, floats and booleans as JSON values, everything else as text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => (text: string) =>
    oid === BOOLEAN_OID ? text === "t" : NUMBER_OIDS.has(oid) ? Number(text) : text,
};

/** Runs the steps in a database of their own, or in those that they name, and compares each result with the recorded one. */
export async function runScenario(
  database: Connectable | ReadonlyMap<string, Connectable>,
  { name, steps }: Scenario,
  deviations: Deviations = {},
): Promise<void> {
  const sessions = new Map<string, Session>();
  for (const [index, step] of steps.entries()) {
    const sessionName = `${step.db ?? ""}/${step.session ?? "a"}`;
    const session = sessions.get(sessionName) ?? (await openSession(databaseOf(database, step)));
    sessions.set(sessionName, session);
    const expected = deviations[`${name}, step ${index}`] ?? step;

    expect(await runStep(session, step.sql, expected), `step ${index}: ${step.sql}`).toEqual(matcher(expected));
  }
}

function databaseOf(database: Connectable | ReadonlyMap<string, Connectable>, { db = "" }: Step): Connectable {
  if (!(database instanceof Map)) return database as Connectable;
  const found = (database as ReadonlyMap<string, Connectable>).get(db);
  if (found === undefined) throw new Error(`the scenario has no database ${db}`);
  return found;
}

async function openSession(database: Connectable): Promise<Session> {
  const client = await database.connect();
  const session: Session = { client, warnings: [] };
  client.on("notice", (notice) => {
    if (notice.severity === "WARNING") session.warnings.push(notice.message ?? "");
  });
  await client.query(SESSION_SETTINGS);
  return session;
}

async function runStep({ client, warnings }: Session, sql: string, expected: Expected): Promise<Expected> {
  warnings.length = 0;
  try {
    const { fields, rows } = await client.query<Value[]>({ text: sql, rowMode: "array", types });
    const byPosition = expected.rows === undefined || Array.isArray(expected.rows[0]);
    const found = byPosition ? rows : rows.map((row) => Object.fromEntries(row.map((v, i) => [fields[i]!.name, v])));
    // no result set at all is recorded as no rows, or as nothing
    return { ...((expected.rows ?? fields.length > 0) ? { rows: found } : {}), warnings: [...warnings] };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { error: { sqlstate: anyInternal(error.code ?? ""), message: error.message }, warnings: [...warnings] };
  }
}

function matcher({ rows, match, error, warnings = [] }: Expected): unknown {
  return {
    ...(rows === undefined ? {} : { rows: match === "subset" ? (expect.arrayContaining([...rows]) as unknown) : rows }),
    ...(error === undefined
      ? {}
      : { error: { sqlstate: anyInternal(error.sqlstate), message: anyNumber(error.message) } }),
    warnings: warnings.map(anyNumber),
  };
}

/** Internal errors of the reference's C code may be ordinary exceptions. */
function anyInternal(sqlstate: string): string {
  return sqlstate.replace("XX000", "P0001");
}

/** `<N>` in a recorded message stands for any decimal number. */
function anyNumber(message: string): unknown {
  const parts = message.split("<N>").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return expect.stringMatching(new RegExp(`^${parts.join("\\d+")}$`, "s"));
}
