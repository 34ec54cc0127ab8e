// What the schema londiste of a database can do.
import type { Queryable } from "../../postgres/index.ts";

export interface LondisteFacts {
  /** null: there is no such schema. */
  readonly version: string | null;
  /** The schema is ours: keyword `capture`, partitioned tables, keys other than the primary one. */
  readonly hasCapture: boolean;
}

/** Reads the catalogue only. */
export async function readLondisteFacts(db: Queryable): Promise<LondisteFacts> {
  const facts = await db.one<{ has_version: boolean; has_capture: boolean }>(
    `select pg_catalog.to_regprocedure('londiste.version()') is not null as has_version,
            pg_catalog.to_regprocedure('londiste._capture_options(regclass, text[])') is not null as has_capture`,
  );
  if (!facts.has_version) return { version: null, hasCapture: false };
  const { version } = await db.one<{ version: string | null }>("select londiste.version() as version");
  return { version, hasCapture: facts.has_capture };
}

/**
 * Lets the generated triggers of tables that were altered be made anew. Where that is not ours to do nothing happens: they
 * go on more slowly until the ticker does it.
 */
export async function remakeCaptures(db: Queryable): Promise<void> {
  const { may } = await db.one<{ may: boolean }>(
    "select coalesce(pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('pgq.maint_capture()')::oid, 'execute'), false) as may",
  );
  if (may) await db.query("select pgq.maint_capture()");
}
