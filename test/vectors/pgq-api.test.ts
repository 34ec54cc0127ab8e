// Every scenario of pgq-api.json gives on our schema what it gave on the reference.
import pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { readVectors, SESSION_SETTINGS } from "./vector-files.ts";

interface Expected {
  readonly rows?: readonly (readonly unknown[])[];
  readonly error?: { readonly sqlstate: string; readonly message: string };
  readonly warnings?: readonly string[];
}

interface Step extends Expected {
  readonly session?: string;
  readonly sql: string;
}

interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly quirk?: boolean;
  readonly steps: readonly Step[];
}

/** Steps where we give something else than the reference, because chapter 12 of the specification asks for it. */
const DEVIATIONS: Readonly<Record<string, Expected>> = {
  // an empty queue_extra_maint breaks the reference; for us it has no entries
  "maint_operations, step 14": { rows: [] },
};

/** Values as the vectors have them: integers, floats and booleans as JSON values, everything else as text. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === "t",
  20: Number,
  21: Number,
  23: Number,
  26: Number,
  700: Number,
  701: Number,
};
const types: pg.CustomTypesConfig = { getTypeParser: (oid: number) => PARSERS[oid] ?? ((text: string) => text) };

interface Session {
  readonly client: pg.Client;
  readonly warnings: string[];
}

const scenarios = readVectors<Scenario>("pgq-api.json");

describe.each(majors())("on PostgreSQL %i", (major) => {
  test.each(scenarios.map((s) => [s.name, s.about, s] as const))("%s: %s", async (_name, _about, scenario) => {
    await using db = await createDatabase(major);
    const sessions = new Map<string, Session>();

    for (const [index, step] of scenario.steps.entries()) {
      const session = await openSession(db, sessions, step.session ?? "a");
      const got = await runStep(session, step);
      const expected = DEVIATIONS[`${scenario.name}, step ${index}`] ?? step;

      expect(got, `step ${index}: ${step.sql}`).toEqual(normalize(expected));
    }
  });
});

async function openSession(db: TestDatabase, sessions: Map<string, Session>, name: string): Promise<Session> {
  const known = sessions.get(name);
  if (known !== undefined) return known;
  const client = await db.connect();
  const session: Session = { client, warnings: [] };
  client.on("notice", (notice) => {
    if (notice.severity === "WARNING") session.warnings.push(notice.message ?? "");
  });
  await client.query(SESSION_SETTINGS);
  sessions.set(name, session);
  return session;
}

async function runStep({ client, warnings }: Session, step: Step): Promise<Expected> {
  warnings.length = 0;
  try {
    const result = await client.query<unknown[]>({ text: step.sql, rowMode: "array", types });
    return normalize({ ...(result.fields.length > 0 ? { rows: result.rows } : {}), warnings: [...warnings] });
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return normalize({ error: { sqlstate: error.code ?? "", message: error.message }, warnings: [...warnings] });
  }
}

/** What has to be equal: XX000 may be P0001, and a number stands for any where the vector says <N>. */
function normalize({ rows, error, warnings = [] }: Expected): Expected {
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(error === undefined
      ? {}
      : { error: { sqlstate: error.sqlstate.replace("XX000", "P0001"), message: anyNumber(error.message) } }),
    warnings: warnings.map(anyNumber),
  };
}

function anyNumber(message: string): string {
  return message.replace(/(cur txid|current)=(?:\d+|<N>)/g, "$1=<N>");
}
