// Row triggers of the old kind write values as the session does that changes the row. What the server, the database or a role
// says of the forms of dates, intervals and floats may make texts that other nodes misread.
import type { Queryable } from "../../postgres/index.ts";
import type { TableStructure } from "../structure/index.ts";
import type { CheckFinding } from "./finding.ts";

const ROW_TRIGGER = /\bFOR EACH ROW EXECUTE (FUNCTION|PROCEDURE) pgq\./;
const TYPES: readonly { readonly setting: string; readonly types: RegExp }[] = [
  { setting: "datestyle", types: /^(date|time)/ },
  { setting: "intervalstyle", types: /^interval/ },
  { setting: "extra_float_digits", types: /^(real|double)/ },
];

interface Odd {
  readonly setting: string;
  readonly value: string;
  readonly owner: string;
}

export async function checkWriterSettings(
  db: Queryable,
  { triggers, columns }: TableStructure,
  queue: string,
): Promise<readonly Omit<CheckFinding, "table">[]> {
  if (!triggers.some((one) => one.queue === queue && ROW_TRIGGER.test(one.definition))) return [];
  const used = TYPES.filter(({ types }) => columns.some(({ type }) => types.test(type))).map(({ setting }) => setting);
  return (used.length === 0 ? [] : await oddSettings(db, used)).map(({ setting, value, owner }) => ({
    level: "warning" as const,
    text: `${setting} is "${value}" for ${owner}: values that such sessions write may be misread on other nodes`,
    hint: "reset it for those who write into the table; or add the table without --trigger-flags, which no setting changes",
  }));
}

/** Settings of this server, this database and of roles with which values cannot be read back for sure. */
async function oddSettings(db: Queryable, settings: readonly string[]): Promise<readonly Odd[]> {
  return await db.query<Odd>(
    `with given (setting, value, owner) as (
       select f.name, f.setting, 'the server' from pg_catalog.pg_settings f
        where f.source in ('configuration file', 'command line')
       union all
       select lower(split_part(c, '=', 1)), substr(c, strpos(c, '=') + 1),
              coalesce(nullif(concat_ws(' in ', 'role ' || r.rolname, 'database ' || d.datname), ''), 'all roles')
         from pg_catalog.pg_db_role_setting s cross join unnest(s.setconfig) c
         left join pg_catalog.pg_roles r on r.oid = s.setrole
         left join pg_catalog.pg_database d on d.oid = s.setdatabase
        where s.setdatabase = 0 or d.datname = current_database())
     select setting, value, owner from given
      where setting = any ($1::text[])
        and case setting
              when 'datestyle' then value !~* '\\mISO\\M' and value !~* '^ *(MDY|DMY|YMD|US|Euro[a-z]*|NonEuro[a-z]*) *$'
              when 'intervalstyle' then lower(value) not in ('postgres', 'iso_8601', 'postgres_verbose')
              else value::int < 1 end
      order by setting, owner`,
    [settings],
  );
}
