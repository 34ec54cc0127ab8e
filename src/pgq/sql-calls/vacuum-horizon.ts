// What keeps the server from taking away old versions of rows, and how many of them PgQ has.
import type { Executor } from "../database.ts";

export interface VacuumHorizon {
  /** The oldest transaction id that somebody's snapshot needs; null: nobody's, or the role may not see it. */
  readonly xmin: string | null;
  /** Row versions in the tables that every batch and every tick changes: those that are old, as the statistics know. */
  readonly deadRows: number;
}

/** Reads memory of the server only, no table. Other sessions' snapshots are seen by members of pg_read_all_stats. */
export async function readVacuumHorizon(db: Executor): Promise<VacuumHorizon> {
  const [row] = await db.query<VacuumHorizon>(`
    select (select held.xmin::text
                from (
                    select backend_xmin from pg_stat_activity
                        where pid <> pg_backend_pid() and (datname = current_database() or datname is null)
                            and backend_type is distinct from 'autovacuum worker'
                    union all
                    select transaction from pg_prepared_xacts where database = current_database()
                    union all
                    select xmin from pg_replication_slots
                ) held (xmin)
                where held.xmin is not null
                order by age(held.xmin) desc
                limit 1) as xmin,
        (coalesce(pg_stat_get_dead_tuples(to_regclass('pgq.subscription')), 0)
            + coalesce(pg_stat_get_dead_tuples(to_regclass('pgq.tick')), 0))::float8 as "deadRows"`);
  return row ?? { xmin: null, deadRows: 0 };
}
