// Who is doing what on the server, as far as it concerns queues. pg_locks and pg_prepared_xacts show everybody's
// transactions to every role; since when and by whom is only known to members of pg_read_all_stats and for one's own.
import type { Executor } from "../database.ts";

export interface TransactionRow {
  /** null for a prepared transaction. */
  pid: number | null;
  /** Name of a prepared transaction. */
  gid: string | null;
  /** 64-bit transaction id. */
  txid: string;
  database: string | null;
  username: string | null;
  application: string | null;
  /** active, idle in transaction, …; null when this role may not see it. */
  state: string | null;
  age_ms: number | null;
  is_own: boolean;
}

/** A 32-bit id as the 64-bit one that is nearest to the current one. */
function fullId(xid: string): string {
  return `(h.xmax + (${xid}::text::bigint - h.xmax % 4294967296 + 6442450944) % 4294967296 - 2147483648)`;
}

const HORIZON = "(select pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) as xmax offset 0) h";

const TRANSACTIONS = `
select l.pid::int4, null::text as gid, pg_catalog.min(${fullId("l.transactionid")})::text as txid,
       a.datname::text as database, a.usename::text as username, nullif(a.application_name, '')::text as application,
       a.state::text,
       (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start) * 1000)::float8 as age_ms,
       l.pid = pg_catalog.pg_backend_pid() as is_own
  from ${HORIZON}, pg_catalog.pg_locks l
  left join pg_catalog.pg_stat_activity a on a.pid = l.pid
 where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted and l.pid is not null
 group by l.pid, a.datname, a.usename, a.application_name, a.state, a.xact_start
union all
select null, p.gid::text, ${fullId("p.transaction")}::text, p.database::text, p.owner::text, null, 'prepared',
       (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - p.prepared) * 1000)::float8, false
  from ${HORIZON}, pg_catalog.pg_prepared_xacts p
 order by 3`;

/** Transactions of the whole server that have an id, prepared ones too: snapshots know all databases. */
export function queryTransactions(db: Executor): Promise<TransactionRow[]> {
  return db.query<TransactionRow>(TRANSACTIONS);
}

/** Processes that have written into event tables of a queue and not committed. */
export async function queryWriters(db: Executor, queue: string): Promise<number[]> {
  const rows = await db.query<{ pid: number }>(
    `select distinct l.pid::int4 as pid
       from pgq.queue q
       cross join lateral pg_catalog.generate_series(0, q.queue_ntables - 1) n
       join pg_catalog.pg_locks l
         on l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted and l.pid is not null
        and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        and l.relation = pg_catalog.to_regclass(pgq.quote_fqname(q.queue_data_pfx || '_' || n))
      where q.queue_name = $1::text`,
    [queue],
  );
  return rows.map(({ pid }) => pid);
}

export interface LockRow {
  pid: number | null;
  mode: string;
  application: string | null;
}

/** Who has a lock on the table that comes next in the rotation, which must be emptied without waiting. */
export function queryNextTableLocks(db: Executor, queue: string): Promise<LockRow[]> {
  return db.query<LockRow>(
    `select l.pid::int4 as pid, l.mode::text, nullif(a.application_name, '')::text as application
       from pgq.queue q
       join pg_catalog.pg_locks l
         on l.locktype = 'relation' and l.granted and l.pid is distinct from pg_catalog.pg_backend_pid()
        and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        and l.relation = pg_catalog.to_regclass(
                pgq.quote_fqname(q.queue_data_pfx || '_' || (q.queue_cur_table + 1) % q.queue_ntables))
       left join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where q.queue_name = $1::text order by 1, 2`,
    [queue],
  );
}

export interface SlotRow {
  name: string;
  active: boolean;
  holds_rows: boolean;
  /** Transactions since the oldest that it holds dead rows for. */
  age: string;
  /** WAL that is kept for it; null on a standby. */
  wal_bytes: number | null;
}

export function querySlots(db: Executor): Promise<SlotRow[]> {
  return db.query<SlotRow>(
    `select slot_name::text as name, active,
            xmin is not null or catalog_xmin is not null as holds_rows,
            greatest(coalesce(pg_catalog.age(xmin), 0), coalesce(pg_catalog.age(catalog_xmin), 0))::text as age,
            case when pg_catalog.pg_is_in_recovery() then null
                 else pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn) end::float8 as wal_bytes
       from pg_catalog.pg_replication_slots order by 1`,
  );
}

export interface ServerRow {
  database: string;
  version: string;
  pgq_version: string | null;
  is_standby: boolean;
  username: string;
}

export async function queryServer(db: Executor): Promise<ServerRow | null> {
  const [row] = await db.query<ServerRow>(
    `select pg_catalog.current_database()::text as database,
            pg_catalog.current_setting('server_version')::text as version,
            pgq.version()::text as pgq_version,
            pg_catalog.pg_is_in_recovery() as is_standby,
            current_user::text as username`,
  );
  return row ?? null;
}

/** Whether there is a PgQ at all; asking costs no error. */
export async function queryHasPgq(db: Executor): Promise<boolean> {
  const [row] = await db.query<{ has: boolean }>("select pg_catalog.to_regnamespace('pgq') is not null as has");
  return row?.has === true;
}
