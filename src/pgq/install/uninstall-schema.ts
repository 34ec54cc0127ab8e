// Removes a schema: refuses while something uses it, and with force takes away what does.
import { SkytoolsError } from "../../errors/index.ts";
import type { InstallDatabase } from "./database.ts";
import { fragment } from "./install-script.ts";
import { knownSchema } from "./known-schemas.ts";
import { toInstallError } from "./script-errors.ts";

export interface UninstallOptions {
  readonly schema: string;
  /** Also when queues exist: events, consumers and triggers on tables are dropped with them. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export interface UninstallReport {
  readonly schema: string;
  /** false: there was no such schema. */
  readonly isRemoved: boolean;
  /** What had to go because force was given: `queue NAME`, `trigger NAME on TABLE`. */
  readonly dropped: readonly string[];
  /** Roles of the whole cluster stay, other databases may use them. */
  readonly rolesKept: readonly string[];
  readonly sql: string;
}

interface UserRow {
  what: string;
}

// Queues, triggers that call functions of the schema, and other objects outside that depend on it.
const USERS = `
select 'queue ' || q.queue_name as what from pgq.queue q
union all
select 'trigger ' || pg_catalog.quote_ident(t.tgname) || ' on ' || t.tgrelid::pg_catalog.regclass::text
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
  join pg_catalog.pg_class c on c.oid = t.tgrelid
 where p.pronamespace = pg_catalog.to_regnamespace('pgq')
   and c.relnamespace <> p.pronamespace and not t.tgisinternal and t.tgparentid = 0
union all
select pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
  from pg_catalog.pg_depend d,
       pg_catalog.pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) r,
       pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
 where d.refclassid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
                        'pg_catalog.pg_type'::pg_catalog.regclass)
   and d.classid <> 'pg_catalog.pg_trigger'::pg_catalog.regclass
   and d.deptype = 'n' and r.schema = 'pgq'
   and coalesce(i.schema, pg_catalog.split_part(pg_catalog.substring(i.identity, ' on (.*)$'), '.', 1)) <> 'pgq'
union all
select 'schema ' || n.nspname
  from pg_catalog.pg_namespace n
 where n.nspname in ('pgq_node', 'pgq_coop', 'londiste')
 order by 1`;

/** @throws SCHEMA_IN_USE without force while something uses it, INSTALL_RIGHTS */
export async function uninstallSchema(db: InstallDatabase, options: UninstallOptions): Promise<UninstallReport> {
  const schema = knownSchema(options.schema).name;
  const sql = uninstallScript(schema, options.force ?? false);
  const roles = schema === "pgq" ? ["pgq_admin", "pgq_reader", "pgq_writer"] : [];
  await db.execute("begin transaction isolation level read committed read write");
  try {
    await db.execute("set local search_path = pg_catalog, pg_temp");
    const [found] = await db.query("select 1 from pg_catalog.pg_namespace where nspname = $1", [schema]);
    if (found === undefined) return { schema, isRemoved: false, dropped: [], rolesKept: roles, sql: "" };
    const [foreign] = await db.query("select 1 where pg_catalog.to_regclass('pgq.event_template') is null");
    if (schema === "pgq" && foreign !== undefined) {
      throw new SkytoolsError("SCHEMA_FOREIGN", "schema pgq is not a PgQ", { hint: "whoever made it has to drop it" });
    }
    const users = schema === "pgq" ? (await db.query<UserRow>(USERS)).map((row) => row.what) : [];
    refuseIfUsed(schema, users, options.force ?? false);
    if (options.dryRun !== true) {
      await db.execute(sql);
      await db.execute("commit");
    }
    return { schema, isRemoved: options.dryRun !== true, dropped: users, rolesKept: roles, sql };
  } catch (error) {
    throw toInstallError(error);
  } finally {
    await db.execute("rollback").catch(() => undefined); // nothing to do after the commit
  }
}

/** The script without begin and commit. Without force it raises when something uses the schema. */
export function uninstallScript(schema: string, force: boolean): string {
  return [
    fragment("session", { lock_timeout: "2000ms" }),
    fragment("uninstall", { schema, force: String(force) }),
  ].join("\n");
}

function refuseIfUsed(schema: string, users: readonly string[], force: boolean): void {
  // other schemas of ours are removed first in any case: dropping them as a by-catch would surprise
  const schemas = users.filter((user) => user.startsWith("schema "));
  if (schemas.length > 0) {
    throw new SkytoolsError("SCHEMA_IN_USE", `schema ${schema} is needed by ${schemas.join(", ")}`, {
      hint: schemas.map((user) => `skytools uninstall ${user.slice("schema ".length)}`).join("; "),
      details: { users },
    });
  }
  if (force || users.length === 0) return;
  throw new SkytoolsError("SCHEMA_IN_USE", `schema ${schema} is in use by ${users.join(", ")}`, {
    hint: "drop these first, or pass --force to drop them with all events that are in the queues",
    details: { users },
  });
}
