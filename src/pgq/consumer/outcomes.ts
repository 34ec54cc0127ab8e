// What is to become of the events of a batch other than being done. Recorded in the transaction that finishes it.
import { SkytoolsError } from "../../errors/index.ts";
import type { Executor } from "../database.ts";
import { buryEvents, retryEvent, retryEvents } from "../sql-calls/batch.ts";
import { sqlstateOf } from "../sqlstate-of.ts";

/** Events in one statement. */
const AT_ONCE = 1_000;
const UNDEFINED_FUNCTION = "42883";

type Outcome = { readonly delaySeconds: number } | { readonly reason: string };

/** The last word about an event counts. */
export class Outcomes {
  readonly #outcomes = new Map<bigint, Outcome>();

  retry(eventId: bigint, delayMs: number): void {
    this.#outcomes.set(eventId, { delaySeconds: Math.max(0, Math.ceil(delayMs / 1000)) });
  }

  deadLetter(eventId: bigint, reason: string): void {
    this.#outcomes.set(eventId, { reason });
  }

  /** What was said about the event so far. */
  of(eventId: bigint): "done" | "retry" | "dead-letter" {
    const outcome = this.#outcomes.get(eventId);
    if (outcome === undefined) return "done";
    return "reason" in outcome ? "dead-letter" : "retry";
  }

  get size(): number {
    return this.#outcomes.size;
  }

  get counts(): { readonly retried: number; readonly dead: number } {
    const retried = [...this.#outcomes.values()].filter((outcome) => "delaySeconds" in outcome).length;
    return { retried, dead: this.#outcomes.size - retried };
  }

  /** @throws SCHEMA_TOO_OLD when there are dead letters and the schema has no place for them */
  async record(tx: Executor, batchId: bigint): Promise<void> {
    const retries: [bigint, number][] = [];
    const dead: [bigint, string][] = [];
    for (const [id, outcome] of this.#outcomes) {
      if ("reason" in outcome) dead.push([id, outcome.reason]);
      else retries.push([id, outcome.delaySeconds]);
    }
    if (retries.length > 0) await recordRetries(tx, batchId, retries);
    if (dead.length > 0) await recordDead(tx, batchId, dead);
  }
}

async function recordRetries(tx: Executor, batchId: bigint, retries: readonly [bigint, number][]): Promise<void> {
  if (!(await hasFunction(tx, "event_retry_many"))) {
    for (const [id, seconds] of retries) await retryEvent(tx, batchId, id, seconds);
    return;
  }
  for (const part of parts(retries)) {
    await retryEvents(
      tx,
      batchId,
      part.map(([id]) => id),
      part.map(([, seconds]) => seconds),
    );
  }
}

async function recordDead(tx: Executor, batchId: bigint, dead: readonly [bigint, string][]): Promise<void> {
  try {
    for (const part of parts(dead)) {
      await buryEvents(
        tx,
        batchId,
        part.map(([id]) => id),
        part.map(([, reason]) => reason),
      );
    }
  } catch (error) {
    if (sqlstateOf(error) !== UNDEFINED_FUNCTION) throw error;
    throw new SkytoolsError("SCHEMA_TOO_OLD", "schema pgq of this database has no dead letters", {
      hint: 'run `skytools install pgq`; until then let the retry policy say onExhausted: "stop"',
      cause: error,
    });
  }
}

/** Asked beforehand: a call that fails would end the transaction. */
async function hasFunction(tx: Executor, name: string): Promise<boolean> {
  const [row] = await tx.query<{ found: boolean }>(
    `select exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
       where n.nspname = 'pgq' and p.proname = '${name}') as found`,
  );
  return row?.found === true;
}

function* parts<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += AT_ONCE) yield list.slice(at, at + AT_ONCE);
}
