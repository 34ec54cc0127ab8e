// A table of marks: when the last mark has come to the replica, everything before it has too.
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";

export const MARKS = "public.bench_mark";

export async function createMarks(...clients: readonly pg.Client[]): Promise<void> {
  for (const client of clients) await client.query(`create table ${MARKS} (id integer primary key)`);
}

const POLL_MS = 10;

/** @throws when it takes longer than `patienceSeconds` */
export async function untilMarked(origin: pg.Client, replica: pg.Client, patienceSeconds: number): Promise<void> {
  const { rows } = await origin.query<{ id: number }>(
    `insert into ${MARKS} select coalesce(max(id), 0) + 1 from ${MARKS} returning id`,
  );
  const id = rows[0]!.id;
  await untilTrue(replica, `select exists (select from ${MARKS} where id = $1) as done`, [id], patienceSeconds);
}

/** Polls a query whose row has `done`. @throws when it takes longer than `patienceSeconds` */
export async function untilTrue(
  client: pg.Client,
  sql: string,
  params: readonly unknown[],
  patienceSeconds: number,
): Promise<void> {
  for (const deadline = performance.now() + patienceSeconds * 1000; ;) {
    if (performance.now() > deadline) throw new Error(`not replicated within ${patienceSeconds} s`);
    const { rows } = await client.query<{ done: boolean }>(sql, [...params]);
    if (rows[0]?.done === true) return;
    await delay(POLL_MS);
  }
}
