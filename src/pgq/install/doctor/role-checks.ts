// Roles, their membership, and the C extension.
import type { InstallDatabase } from "../database.ts";
import { type Finding, problem, reinstall } from "./finding.ts";

interface Row {
  check: string;
  message: string;
}

const ROLES = `
select 'missing-role' as check, 'role ' || r || ' is missing' as message
  from pg_catalog.unnest('{pgq_reader,pgq_writer,pgq_admin}'::text[]) r
 where pg_catalog.to_regrole(r) is null
union all
select 'role-membership', 'role pgq_admin is not a member of ' || r
  from pg_catalog.unnest('{pgq_reader,pgq_writer}'::text[]) r
 where pg_catalog.to_regrole(r) is not null and pg_catalog.to_regrole('pgq_admin') is not null
   and not exists (select from pg_catalog.pg_auth_members m
                    where m.roleid = pg_catalog.to_regrole(r) and m.member = pg_catalog.to_regrole('pgq_admin'))
union all
select 'extension', 'pgq is the C extension, version ' || e.extversion
  from pg_catalog.pg_extension e
 where e.extname = 'pgq'
 order by 1, 2`;

export async function checkRoles(db: InstallDatabase): Promise<readonly Finding[]> {
  const rows = await db.query<Row>(ROLES);
  return rows.map(({ check, message }) => problem(check, message, reinstall("pgq")));
}
