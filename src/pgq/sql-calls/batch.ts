// What is done with an open batch.
import type { Executor } from "../database.ts";

/** The statement that reads the events of a batch, in the order of their ids, with the columns ev_id to ev_extra4. */
export async function batchEventSql(db: Executor, batchId: bigint): Promise<string> {
  const [row] = await db.query<{ text: string }>(`select pgq.batch_event_sql(${batchId}) as text`);
  return row?.text ?? "";
}

/** @returns false when there is no such open batch */
export async function finishBatch(db: Executor, batchId: bigint): Promise<boolean> {
  const [row] = await db.query<{ done: number }>(`select pgq.finish_batch(${batchId}) as done`);
  return row?.done === 1;
}

/** Sets one event aside. The events of the whole batch are read for each call. */
export async function retryEvent(db: Executor, batchId: bigint, eventId: bigint, delaySeconds: number): Promise<void> {
  await db.query(`select pgq.event_retry(${batchId}, ${eventId}, ${delaySeconds}::int4)`);
}

/** Sets many aside in one call. Not in the C version of the schema. @returns how many were not aside already */
export async function retryEvents(
  db: Executor,
  batchId: bigint,
  eventIds: readonly bigint[],
  delaysSeconds: readonly number[],
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select pgq.event_retry_many(${batchId}, ($1::text)::int8[], ($2::text)::int4[]) as count`,
    [`{${eventIds.join(",")}}`, `{${delaysSeconds.join(",")}}`],
  );
  return row?.count ?? 0;
}

/** Puts events among the dead letters. Not in the C version of the schema. */
export async function buryEvents(
  db: Executor,
  batchId: bigint,
  eventIds: readonly bigint[],
  reasons: readonly string[],
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select pgq.event_dead(${batchId}, ($1::text)::int8[], ($2::text)::text[]) as count`,
    [`{${eventIds.join(",")}}`, `{${reasons.map(arrayItem).join(",")}}`],
  );
  return row?.count ?? 0;
}

/** A text inside of an array literal. A NUL character cannot be stored. */
function arrayItem(text: string): string {
  return `"${text.replaceAll("\0", "").replaceAll(/["\\]/g, "\\$&")}"`;
}
