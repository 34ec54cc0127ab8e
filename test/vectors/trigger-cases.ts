// The form of pgq-triggers.json, and how one case is played.
import type pg from "pg";

export interface TriggerEvent {
  readonly ev_type: string | null;
  readonly ev_data: string | null;
  readonly ev_extra1: string | null;
  readonly ev_extra2: string | null;
  readonly ev_extra3: string | null;
  readonly ev_extra4: string | null;
}

export interface TriggerCase {
  readonly name: string;
  readonly about: string;
  readonly quirk?: boolean;
  readonly queues?: readonly string[];
  readonly ddl: readonly string[];
  readonly trigger: readonly string[];
  readonly dml: readonly string[];
  readonly events: readonly TriggerEvent[];
  readonly error?: { readonly at: number; readonly message: string } | undefined;
  readonly check?: readonly { readonly sql: string; readonly rows: readonly (readonly unknown[])[] }[];
}

export interface Played {
  readonly events: readonly TriggerEvent[];
  readonly error: { readonly at: number; readonly message: string } | undefined;
  readonly checks: readonly (readonly unknown[])[];
}

const EVENTS = `
  select ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4 from pgq.event_1 order by ev_id`;

/** Plays a case; `isGenerated`: after maintenance has generated functions for its triggers. */
export async function playCase(client: pg.Client, vector: TriggerCase, isGenerated: boolean): Promise<Played> {
  for (const queue of ["vq", ...(vector.queues ?? [])]) await client.query("select pgq.create_queue($1)", [queue]);
  for (const sql of [...vector.ddl, ...vector.trigger]) await client.query(sql);
  if (isGenerated) await client.query("select pgq.maint_triggers()");
  const error = await runUntilError(client, vector.dml);
  await client.query("reset session_replication_role");

  const { rows: events } = await client.query<TriggerEvent>(EVENTS);
  const checks: unknown[][] = [];
  for (const { sql } of vector.check ?? [])
    checks.push((await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows);
  return { events, error, checks };
}

async function runUntilError(client: pg.Client, statements: readonly string[]): Promise<Played["error"]> {
  for (const [at, sql] of statements.entries()) {
    try {
      await client.query(sql);
    } catch (error) {
      return { at, message: (error as Error).message };
    }
  }
  return undefined;
}

/** Makes the database fit for the next case: no schema, no queue, and queue ids from 1 again. */
export async function cleanUp(client: pg.Client): Promise<void> {
  for (const sql of ["rollback", "discard all", "set client_min_messages = error"]) await client.query(sql);
  await client.query('drop schema if exists vt cascade; drop schema if exists "Odd.Schema" cascade');
  await client.query("select pgq.drop_queue(queue_name, true) from pgq.queue");
  await client.query("alter sequence pgq.queue_queue_id_seq restart");
}
