// Rights of the three roles and of everybody: what is missing, and what goes too far.
import type { InstallDatabase } from "../database.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { type Finding, problem, reinstall } from "./finding.ts";

interface RightRow {
  object: string;
  grantee: string;
  privilege: string;
  is_wanted: boolean;
}

// $1..$4: wanted rights (kind, object, grantee, privilege), of the same length. Compared are functions, tables and
// the schema; the objects of single queues have rights of their own.
const RIGHTS = `
with wanted as (
    select case w.kind when 'function' then pg_catalog.to_regprocedure(w.object)::oid
                       when 'schema' then pg_catalog.to_regnamespace(w.object)::oid
                       else pg_catalog.to_regclass(w.object)::oid end as oid,
           w.object,
           case w.grantee when 'public' then 0::oid else pg_catalog.to_regrole(w.grantee)::oid end as grantee,
           pg_catalog.upper(w.privilege) as privilege
      from unnest($1::text[], $2::text[], $3::text[], $4::text[]) w(kind, object, grantee, privilege)
), objects as (
    select p.oid, p.oid::pg_catalog.regprocedure::text as name,
           coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl
      from pg_catalog.pg_proc p
     where p.pronamespace = 'pgq'::pg_catalog.regnamespace
       and p.proname !~ '^_.*_[0-9]+(_[a-z])?$' and p.proname <> '_insert_dispatch'
    union all
    select c.oid, c.oid::pg_catalog.regclass::text,
           coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))
      from pg_catalog.pg_class c
     where c.relnamespace = 'pgq'::pg_catalog.regnamespace and c.relkind in ('r', 'p')
       and c.relname !~ '^[a-z]+_[0-9]+(_|$)'
), live as (
    select o.oid, o.name, x.grantee, x.privilege_type as privilege
      from objects o, pg_catalog.aclexplode(o.acl) x
     where x.grantee in (0, pg_catalog.to_regrole('pgq_reader'), pg_catalog.to_regrole('pgq_writer'),
                         pg_catalog.to_regrole('pgq_admin'))
)
select coalesce(w.object, l.name) as object,
       case coalesce(w.grantee, l.grantee) when 0 then 'public'
            else coalesce(w.grantee, l.grantee)::pg_catalog.regrole::text end as grantee,
       pg_catalog.lower(coalesce(w.privilege, l.privilege)) as privilege,
       w.oid is not null as is_wanted
  from (select w.* from wanted w join objects o on o.oid = w.oid where w.grantee is not null) w
  full join live l on l.oid = w.oid and l.grantee = w.grantee and l.privilege = w.privilege
 where w.oid is null or l.oid is null
 order by 1, 2, 3`;

export async function checkRights(db: InstallDatabase, { grants }: Manifest): Promise<readonly Finding[]> {
  const rows = await db.query<RightRow>(RIGHTS, [
    grants.map((grant) => grant.kind),
    grants.map((grant) => grant.object),
    grants.map((grant) => grant.grantee),
    grants.map((grant) => grant.privilege),
  ]);
  return rows.map(({ object, grantee, privilege, is_wanted }) =>
    is_wanted
      ? problem("missing-right", `${grantee} may not ${privilege} ${object}`, reinstall("pgq"))
      : problem(
          "wide-right",
          `${grantee} may ${privilege} ${object}, which is more than was granted by the installation`,
          `revoke ${privilege} on ${object.includes("(") ? "function " : ""}${object} from ${grantee};`,
        ),
  );
}
