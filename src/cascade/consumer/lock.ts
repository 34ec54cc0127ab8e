// Who may apply a batch and move the position of a consumer: one transaction at a time on its node. A second process of
// the same name, one that comes back from a long hang, and an administrator who did not want to wait exclude each other.
import { hashtext, type PipelineStatement, type Queryable } from "../../postgres/index.ts";
import type { CascadeConsumer } from "../sql-calls/index.ts";

const CLASS = 7_366_514;
const HOLD_CLASS = 7_366_515;
const SUCCESSION_CLASS = 7_366_516;

/** Until the end of the transaction. Waits for whoever has it. */
export async function lockConsumer(db: Queryable, { queue, consumer }: CascadeConsumer): Promise<void> {
  const { sql, params } = lockStatement({ queue, consumer });
  await db.query(sql, params);
}

export function lockStatement({ queue, consumer }: CascadeConsumer): Required<Omit<PipelineStatement, "copy">> {
  const sql = "select pg_advisory_xact_lock($1::int4, $2::int4)";
  return { sql, params: [CLASS, hashtext(`${queue}/${consumer}`)], name: "pgq_node_lock" };
}

/** For as long as the session lasts, beside the lock of its transactions. @returns false: another session has it */
export async function tryHoldConsumer(db: Queryable, { queue, consumer }: CascadeConsumer): Promise<boolean> {
  const { isOurs } = await db.one<{ isOurs: boolean }>('select pg_try_advisory_lock($1::int4, $2::int4) as "isOurs"', [
    HOLD_CLASS,
    hashtext(`${queue}/${consumer}`),
  ]);
  return isOurs;
}

/** Whether the branches of a queue may be asked who of them is root: until the end of the transaction nobody else decides. */
export async function tryLockSuccession(db: Queryable, queue: string): Promise<boolean> {
  const { isOurs } = await db.one<{ isOurs: boolean }>(
    'select pg_try_advisory_xact_lock($1::int4, $2::int4) as "isOurs"',
    [SUCCESSION_CLASS, hashtext(queue)],
  );
  return isOurs;
}
