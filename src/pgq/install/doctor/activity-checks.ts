// Whether ticks are made, rotation goes on and maintenance runs, and who holds it up.
import type { InstallDatabase } from "../database.ts";
import { type Finding, problem, remark } from "./finding.ts";

/** A tick is late when it is this much later than the queue's idle period. */
const TICK_GRACE = "1 minute";
/** Step 2 follows step 1 within seconds when a ticker runs. */
const STEP2_GRACE = "10 minutes";
const RETRY_GRACE = "10 minutes";
const LONG_TRANSACTION = "1 hour";

interface QueueRow {
  queue: string;
  is_paused: boolean;
  tick_age: string | null; // interval
  is_late: boolean;
  is_future: boolean;
  is_half_rotated: boolean;
  is_rotation_late: boolean;
  rotated: string; // interval since
  holders: string[] | null; // consumers whose position lies before the last rotation
}

const QUEUES = `
select q.queue_name as queue,
       q.queue_ticker_paused as is_paused,
       pg_catalog.date_trunc('second', pg_catalog.now() - t.tick_time)::text as tick_age,
       not q.queue_ticker_paused and not q.queue_external_ticker
           and coalesce(t.tick_time < pg_catalog.now() - q.queue_ticker_idle_period - interval '${TICK_GRACE}', true) as is_late,
       coalesce(pg_catalog.txid_snapshot_xmin(t.tick_snapshot)
           > pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()), false) as is_future,
       q.queue_switch_step2 is null
           and q.queue_switch_time < pg_catalog.now() - interval '${STEP2_GRACE}' as is_half_rotated,
       q.queue_switch_step2 is not null
           and q.queue_switch_time < pg_catalog.now() - 2 * q.queue_rotation_period - interval '${TICK_GRACE}' as is_rotation_late,
       pg_catalog.date_trunc('second', pg_catalog.now() - q.queue_switch_time)::text as rotated,
       (select pg_catalog.array_agg(c.co_name::text order by c.co_name)
          from pgq.subscription s
          join pgq.consumer c on c.co_id = s.sub_consumer
          join pgq.tick st on st.tick_queue = s.sub_queue and st.tick_id = s.sub_last_tick
         where s.sub_queue = q.queue_id and st.tick_time < q.queue_switch_time) as holders
  from pgq.queue q
  left join lateral (select tick_time, tick_snapshot from pgq.tick where tick_queue = q.queue_id
                      order by tick_id desc limit 1) t on true
 order by 1`;

export async function checkActivity(db: InstallDatabase): Promise<readonly Finding[]> {
  const queues = await db.query<QueueRow>(QUEUES);
  return [...queues.flatMap(judgeQueue), ...(await checkTransactions(db)), ...(await checkRetries(db))];
}

function judgeQueue(row: QueueRow): readonly Finding[] {
  const { queue } = row;
  const findings: Finding[] = [];
  if (row.is_future) {
    findings.push(
      problem(
        "tick-from-future",
        `the newest tick of queue ${queue} has transaction ids that this server has not reached (restored into another cluster?)`,
        "stop the server, raise its epoch above the old one's with pg_resetwal --epoch=N, start it",
      ),
    );
  }
  if (row.is_paused) {
    const cure = `select pgq.set_queue_config(${literal(queue)}, 'ticker_paused', 'false');`;
    findings.push(remark("queue-paused", `ticks of queue ${queue} are paused`, cure));
  }
  if (row.is_late) {
    const age = row.tick_age === null ? "has no tick" : `had its last tick ${row.tick_age} ago`;
    findings.push(
      problem("no-ticker", `queue ${queue} ${age}: no ticker runs`, "start skytools pgqd on this database"),
    );
  }
  if (row.is_half_rotated) {
    const cure = "select pgq.maint_rotate_tables_step2();";
    findings.push(problem("rotation-half-done", `rotation of queue ${queue} stopped after its first step`, cure));
  }
  if (row.is_rotation_late) findings.push(lateRotation(row));
  return findings;
}

function lateRotation({ queue, rotated, holders }: QueueRow): Finding {
  const message = `queue ${queue} was rotated ${rotated} ago`;
  if (holders === null) {
    return remark("rotation-late", `${message}, and no consumer holds it up`, "start skytools pgqd on this database");
  }
  return remark(
    "rotation-held",
    `${message}; held up by ${holders.join(", ")}`,
    `start the consumers, or: ${holders
      .map((name) => `select pgq.unregister_consumer(${literal(queue)}, ${literal(name)});`)
      .join(" ")}`,
  );
}

interface TransactionRow {
  what: string;
  cure: string;
}

const TRANSACTIONS = `
select 'transaction of process ' || pid || ' (' || coalesce(usename, '?') || ') is open since ' || xact_start as what,
       'end it: select pg_terminate_backend(' || pid || ');' as cure
  from pg_catalog.pg_stat_activity
 where datname = pg_catalog.current_database() and backend_type = 'client backend'
   and xact_start < pg_catalog.now() - interval '${LONG_TRANSACTION}'
union all
select 'prepared transaction ' || pg_catalog.quote_literal(gid) || ' is open since ' || prepared,
       'commit prepared ' || pg_catalog.quote_literal(gid) || '; or rollback prepared'
  from pg_catalog.pg_prepared_xacts
 where database = pg_catalog.current_database() and prepared < pg_catalog.now() - interval '${LONG_TRANSACTION}'
 order by 1`;

async function checkTransactions(db: InstallDatabase): Promise<readonly Finding[]> {
  const rows = await db.query<TransactionRow>(TRANSACTIONS);
  return rows.map(({ what, cure }) => remark("long-transaction", `${what}: rotation waits for it`, cure));
}

async function checkRetries(db: InstallDatabase): Promise<readonly Finding[]> {
  const [row] = await db.query<{ due: string }>(
    `select pg_catalog.count(*)::text as due from pgq.retry_queue
      where ev_retry_after < pg_catalog.now() - interval '${RETRY_GRACE}' having pg_catalog.count(*) > 0`,
  );
  if (row === undefined) return [];
  const message = `${row.due} retry events are due for more than ${RETRY_GRACE}`;
  return [remark("retry-late", message, "start skytools pgqd on this database; or: select pgq.maint_retry_events();")];
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
