// Small helpers for tests with more than one session.
import type pg from "pg";
import { until } from "./until.ts";

/** The first column of the first row. Int8 comes as text. */
export async function value<T = unknown>(
  client: pg.Client,
  sql: string,
  params: readonly unknown[] = [],
): Promise<T | undefined> {
  const { rows } = await client.query<unknown[]>({ text: sql, values: [...params], rowMode: "array" });
  return rows[0]?.[0] as T | undefined;
}

/** Waits until the server process of `waiter` waits for a lock; `observer` is another session. */
export async function untilBlocked(observer: pg.Client, waiterPid: number): Promise<void> {
  await until(
    () =>
      value<boolean>(
        observer,
        "select wait_event_type is not distinct from 'Lock' from pg_stat_activity where pid = $1",
        [waiterPid],
      ),
    { what: `a lock that process ${waiterPid} waits for` },
  );
}

/** Server processes of the client's database that wait for an advisory lock; pg_locks shows those of the other tests too. */
export async function advisoryWaiters(client: pg.Client, key?: number): Promise<readonly number[]> {
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_locks where locktype = 'advisory' and not granted and objid = coalesce($1::int4::oid, objid)
        and database = (select oid from pg_database where datname = current_database())`,
    [key],
  );
  return rows.map(({ pid }) => pid);
}

export async function backendPid(client: pg.Client): Promise<number> {
  return (await value<number>(client, "select pg_backend_pid()"))!;
}

/** Runs `work` as another role; the session is a superuser's. */
export async function asRole<T>(client: pg.Client, role: string, work: () => Promise<T>): Promise<T> {
  await client.query(`set role ${role}`);
  try {
    return await work();
  } finally {
    await client.query("reset role");
  }
}

/**
 * Puts a schema first in the session's search_path whose functions and operators have the names that our functions use
 * and fail when they are called.
 */
export async function setHostileSearchPath(client: pg.Client): Promise<void> {
  await client.query(`
    create schema evil;
    create function evil.trap(text, text) returns boolean language plpgsql as $$ begin raise exception 'trapped'; end $$;
    create function evil.trap(bigint, bigint) returns boolean language plpgsql as $$ begin raise exception 'trapped'; end $$;
    create function evil.trap(integer, integer) returns boolean language plpgsql as $$ begin raise exception 'trapped'; end $$;
    create function evil.trap_text(text, text) returns text language plpgsql as $$ begin raise exception 'trapped'; end $$;
    create function evil.now() returns timestamptz language plpgsql as $$ begin raise exception 'trapped'; end $$;
    create function evil.format(text, text) returns text language plpgsql as $$ begin raise exception 'trapped'; end $$;
    create function evil.count() returns bigint language plpgsql as $$ begin raise exception 'trapped'; end $$;
    create operator evil.= (function = evil.trap, leftarg = text, rightarg = text);
    create operator evil.= (function = evil.trap, leftarg = bigint, rightarg = bigint);
    create operator evil.= (function = evil.trap, leftarg = integer, rightarg = integer);
    create operator evil.<> (function = evil.trap, leftarg = bigint, rightarg = bigint);
    create operator evil.> (function = evil.trap, leftarg = bigint, rightarg = bigint);
    create operator evil.|| (function = evil.trap_text, leftarg = text, rightarg = text);
    create table evil.pg_attribute ();
    create table evil.pg_constraint ();
    set search_path = evil, pg_catalog`);
}
