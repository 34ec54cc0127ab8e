// Runs one scenario of recorded statements and results: columns by name (rows are objects) or by position (arrays).
import pg from "pg";
import { expect } from "vitest";
import type { TestDatabase } from "../harness/database.ts";

type Value = string | number | boolean | null;
type Row = readonly Value[] | Readonly<Record<string, Value>>;

export interface Step {
  readonly session?: string;
  readonly sql: string;
  readonly rows?: readonly Row[];
  /** "subset": further rows are no difference. */
  readonly match?: "subset";
  readonly error?: { readonly sqlstate: string; readonly message: string };
  readonly warnings?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly quirk?: boolean;
  readonly steps: readonly Step[];
}

const SESSION_SETTINGS = `
  set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set timezone = 'UTC'; set bytea_output = 'hex';
  set extra_float_digits = 1; set standard_conforming_strings = on; set client_min_messages = warning;
  set lc_monetary = 'C'`;

const BOOLEAN_OID = 16;
const NUMBER_OIDS = new Set([20, 21, 23, 26, 700, 701]);

/** Types as the recordings have them: numbers and booleans as such, all else as PostgreSQL prints it. */
const types = {
  getTypeParser: (oid: number) => (text: string) =>
    oid === BOOLEAN_OID ? text === "t" : NUMBER_OIDS.has(oid) ? Number(text) : text,
};

interface Session {
  readonly client: pg.Client;
  warnings: string[];
}

/** Runs the steps in a database of their own and compares each with its record. */
export async function runScenario(database: Pick<TestDatabase, "connect">, { steps }: Scenario): Promise<void> {
  const sessions = new Map<string, Session>();
  for (const [index, step] of steps.entries()) {
    const name = step.session ?? "a";
    const session = sessions.get(name) ?? (await openSession(database));
    sessions.set(name, session);
    expect(await runStep(session, step), `step ${index}: ${step.sql}`).toEqual(expectation(step));
  }
}

async function openSession(database: Pick<TestDatabase, "connect">): Promise<Session> {
  const client = await database.connect();
  const session: Session = { client, warnings: [] };
  client.on("notice", ({ severity, message }) => {
    if (severity === "WARNING") session.warnings.push(message ?? "");
  });
  await client.query(SESSION_SETTINGS);
  return session;
}

async function runStep(session: Session, step: Step): Promise<unknown> {
  session.warnings = [];
  try {
    const { fields, rows } = await session.client.query<Value[]>({ text: step.sql, rowMode: "array", types });
    const byName = !Array.isArray(step.rows?.[0]);
    const found = byName ? rows.map((row) => Object.fromEntries(row.map((v, i) => [fields[i]!.name, v]))) : rows;
    return { rows: found, warnings: session.warnings };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { error: { sqlstate: error.code, message: error.message } };
  }
}

function expectation({ rows = [], match, error, warnings = [] }: Step): unknown {
  if (error !== undefined) {
    return { error: { sqlstate: error.sqlstate, message: expect.stringMatching(anyNumber(error.message)) as unknown } };
  }
  return { rows: match === "subset" ? (expect.arrayContaining([...rows]) as unknown) : rows, warnings };
}

/** `<N>` in a recorded message stands for any decimal number. */
function anyNumber(message: string): RegExp {
  const parts = message.split("<N>").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("\\d+")}$`);
}
