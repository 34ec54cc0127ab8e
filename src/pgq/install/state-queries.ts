// The catalog queries of state.ts. $1 is the schema's name. Objects of single queues and of single captured tables
// carry a number at the end or after their first word; they come and go and are left out.

/** One row: Overview. */
export const OVERVIEW = `
select exists (select from pg_catalog.pg_class c where c.relnamespace = n.oid)
       or exists (select from pg_catalog.pg_proc p where p.pronamespace = n.oid) as has_objects,
       (select e.extversion from pg_catalog.pg_extension e where e.extname = $1) as extension_version,
       exists (select from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
                where p.pronamespace = n.oid and l.lanname = 'c') as has_c,
       (select pg_catalog.substring(p.prosrc, '''([0-9]+[.][0-9.]+)''')
          from pg_catalog.pg_proc p
         where p.pronamespace = n.oid and p.proname = 'version' and p.pronargs = 0) as constant_version,
       l.oid is not null as has_ledger,
       coalesce(pg_catalog.has_table_privilege(l.oid, 'select'), false) as can_read_ledger
  from pg_catalog.pg_namespace n
  left join pg_catalog.pg_class l on l.relnamespace = n.oid and l.relname = 'install_step'
 where n.nspname = $1::text`;

/** Many rows: kind, name, definition; ordered. */
export const CATALOG = `
with ns as (
    select oid, nspacl from pg_catalog.pg_namespace where nspname = $1
), rel as (
    select c.* from pg_catalog.pg_class c join ns on c.relnamespace = ns.oid
     where c.relname !~ '^[a-z]+_[0-9]+(_|$)'
)
select 'function' as kind,
       p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as name,
       pg_catalog.md5(pg_catalog.concat_ws('|', p.prosrc, l.lanname, p.provolatile, p.proisstrict, p.prosecdef,
           p.proparallel, p.prokind, p.procost, p.prorows, p.proconfig::text, p.prorettype::pg_catalog.regtype::text,
           p.proretset, p.proargnames::text, p.proallargtypes::text, pg_catalog.pg_get_expr(p.proargdefaults, 0),
           p.probin)) as definition
  from pg_catalog.pg_proc p
  join ns on p.pronamespace = ns.oid
  join pg_catalog.pg_language l on l.oid = p.prolang
 where p.proname !~ '_[0-9]+$' and p.proname <> '_insert_dispatch'
union all
select 'right', p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', p.proacl::text
  from pg_catalog.pg_proc p
  join ns on p.pronamespace = ns.oid
 where p.proname !~ '_[0-9]+$' and p.proname <> '_insert_dispatch'
union all
select 'right', 'schema', ns.nspacl::text from ns
union all
select 'right', rel.relname, rel.relacl::text from rel where rel.relkind in ('r', 'p', 'S', 'v')
union all
select 'column', rel.relname || '.' || a.attname,
       pg_catalog.concat_ws('|', pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
                            pg_catalog.pg_get_expr(d.adbin, d.adrelid))
  from rel
  join pg_catalog.pg_attribute a on a.attrelid = rel.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where rel.relkind in ('r', 'p')
union all
select 'constraint', rel.relname || '.' || c.conname, pg_catalog.pg_get_constraintdef(c.oid)
  from rel
  join pg_catalog.pg_constraint c on c.conrelid = rel.oid and c.contype <> 'n'
union all
select 'index', i.relname, pg_catalog.pg_get_indexdef(i.oid)
  from rel
  join pg_catalog.pg_index x on x.indrelid = rel.oid
  join pg_catalog.pg_class i on i.oid = x.indexrelid
 where rel.relkind in ('r', 'p')
union all
select 'sequence', rel.relname, '' from rel where rel.relkind = 'S'
union all
select 'role', r.rolname, (select 'to pgq_admin'
                             from pg_catalog.pg_auth_members m
                            where m.roleid = r.oid and m.member = pg_catalog.to_regrole('pgq_admin')
                            limit 1)
  from pg_catalog.pg_roles r
 where r.rolname in ('pgq_reader', 'pgq_writer', 'pgq_admin') and $1 = 'pgq'
 order by 1, 2`;

/** One row: is there a queue without its helper objects? */
export const HELPERS_MISSING = `
select exists (select from pgq.queue q
                where pg_catalog.to_regclass('pgq.queue_' || q.queue_id || '_switch_seq') is null
                   or not exists (select from pg_catalog.pg_proc p
                                   where p.pronamespace = 'pgq'::pg_catalog.regnamespace
                                     and p.proname = '_insert_' || q.queue_id)) as missing`;
