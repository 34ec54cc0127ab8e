// The statements that read a table's structure. $1: the table's oid. Definitions of the server are texts without names that
// depend on the search_path, which the reader has set to pg_catalog.

/** $1 schema, $2 name. */
export const RELATION = `
  select c.oid::int8 as oid, c.relkind::text as kind, c.relpersistence::text as persistence,
         pg_get_userbyid(c.relowner)::text as owner, coalesce(c.reloptions, '{}')::text[] as options,
         (select spcname::text from pg_tablespace where oid = c.reltablespace) as tablespace,
         case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as "partitionKey",
         pg_get_expr(c.relpartbound, c.oid) as "partitionBound",
         c.relreplident::text as "replicaIdentity", c.relrowsecurity as "hasRowSecurity",
         obj_description(c.oid, 'pg_class') as comment,
         array(select n2.nspname || '.' || p.relname from pg_inherits h join pg_class p on p.oid = h.inhparent
                 join pg_namespace n2 on n2.oid = p.relnamespace where h.inhrelid = c.oid order by h.inhseqno)::text[]
           as parents,
         array(select n2.nspname || '.' || p.relname from pg_inherits h join pg_class p on p.oid = h.inhrelid
                 join pg_namespace n2 on n2.oid = p.relnamespace
                where h.inhparent = c.oid and c.relkind = 'p' order by 1)::text[] as partitions
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'f')`;

/** One row a live column. A sequence comes as json. */
export const COLUMNS = `
  select a.attname::text as name, a.attnum::int4 as position, format_type(a.atttypid, a.atttypmod) as type,
         case when a.attcollation <> t.typcollation then
           (select quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
              from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace where co.oid = a.attcollation)
         end as collation,
         a.attnotnull and not exists (
           select from pg_constraint c
            where c.conrelid = a.attrelid and c.contype = 'n' and c.conkey[1] = a.attnum and not c.convalidated)
           as "isNotNull", a.attgenerated::text as generated, a.attidentity::text as identity,
         pg_get_expr(d.adbin, d.adrelid) as expression,
         case when a.attstorage <> t.typstorage then a.attstorage::text end as storage,
         nullif(a.attcompression::text, '') as compression, nullif(a.attstattarget, -1)::int4 as statistics,
         a.attislocal as "isLocal", col_description(a.attrelid, a.attnum) as comment,
         (select json_build_object(
                   'name', sn.nspname || '.' || s.relname, 'type', format_type(q.seqtypid, null),
                   'start', q.seqstart::text, 'increment', q.seqincrement::text, 'min', q.seqmin::text,
                   'max', q.seqmax::text, 'cache', q.seqcache::text, 'isCycled', q.seqcycle)
            from pg_depend dep join pg_sequence q on q.seqrelid = dep.objid join pg_class s on s.oid = q.seqrelid
            join pg_namespace sn on sn.oid = s.relnamespace
           where dep.classid = 'pg_class'::regclass and dep.refclassid = 'pg_class'::regclass
             and dep.refobjid = a.attrelid and dep.refobjsubid = a.attnum and dep.deptype in ('a', 'i')
           limit 1)::text as sequence
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attrelid = $1::int8::oid and a.attnum > 0 and not a.attisdropped
   order by a.attnum`;

/** Names of not-null constraints, PostgreSQL 18 and later. */
export const NOT_NULL_NAMES = `
  select c.conname::text as name, c.conkey[1]::int4 as position
    from pg_constraint c where c.conrelid = $1::int8::oid and c.contype = 'n'`;

/** The definition is cut off behind the table's name, whose length the catalogue tells. */
export const INDEXES = `
  select i.relname::text as name, x.indisunique as "isUnique", x.indisprimary as "isPrimary", x.indisvalid as "isValid",
         x.indisunique and x.indisvalid and x.indimmediate and x.indpred is null and x.indexprs is null and not exists (
           select from unnest((x.indkey::int2[])[0:x.indnkeyatts - 1]) k (number)
             join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.number
            where not a.attnotnull) as "isKey",
         x.indisreplident as "isReplicaIdentity", x.indisclustered as "isClustered", con.conname::text as constraint,
         (select pn.nspname || '.' || p.relname from pg_inherits h join pg_class p on p.oid = h.inhparent
            join pg_namespace pn on pn.oid = p.relnamespace where h.inhrelid = x.indexrelid) as "parentIndex",
         substr(pg_get_indexdef(x.indexrelid), 1 + length(
           'CREATE ' || case when x.indisunique then 'UNIQUE ' else '' end || 'INDEX ' || quote_ident(i.relname) || ' ON '
           || case when i.relkind = 'I' then 'ONLY ' else '' end
           || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' ')) as definition,
         (select spcname::text from pg_tablespace where oid = i.reltablespace) as tablespace,
         obj_description(x.indexrelid, 'pg_class') as comment,
         exists (select from pg_depend d
                  where d.deptype in ('n', 'a')
                    and ((d.refclassid = 'pg_class'::regclass and d.refobjid = x.indexrelid)
                      or (d.refclassid = 'pg_constraint'::regclass and d.refobjid = con.oid))
                    and not (d.classid = 'pg_constraint'::regclass
                         and d.objid in (select f.oid from pg_constraint f where f.contype = 'f'))) as "isNeeded"
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_constraint con on con.conindid = x.indexrelid and con.conrelid = x.indrelid
                               and con.contype in ('p', 'u', 'x')
   where x.indrelid = $1::int8::oid and x.indislive
   order by x.indisprimary desc, i.relname`;

/** Not-null constraints (PostgreSQL 18) belong to the columns, but for those that not all rows fulfil. */
export const CONSTRAINTS = `
  select c.conname::text as name, c.contype::text as kind, pg_get_constraintdef(c.oid) as definition,
         case when c.contype in ('p', 'u', 'x', 'f') then array(
           select a.attname from unnest(c.conkey) with ordinality k(num, nr)
             join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num order by k.nr)::text[]
           else '{}' end as columns,
         c.condeferrable as "isDeferrable", c.condeferred as "isDeferred", c.convalidated as "isValidated",
         c.conislocal and c.conparentid = 0 as "isLocal",
         (select n.nspname || '.' || r.relname from pg_class r join pg_namespace n on n.oid = r.relnamespace
           where r.oid = c.confrelid) as references,
         c.contype in ('p', 'u') and exists (
           select from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am am on am.oid = i.relam
            where x.indexrelid = c.conindid and am.amname = 'btree' and not x.indisexclusion and i.relkind = 'i')
           as "canUseIndex",
         obj_description(c.oid, 'pg_constraint') as comment
    from pg_constraint c
   where c.conrelid = $1::int8::oid
     and (c.contype in ('p', 'u', 'x', 'c', 'f') or c.contype = 'n' and not c.convalidated)
   order by array_position('{p,u,x,c,n,f}'::"char"[], c.contype), c.conname`;

export const TRIGGERS = `
  select t.tgname::text as name, pg_get_triggerdef(t.oid) as definition, t.tgenabled::text as enabled,
         case when n.nspname in ('pgq', 'londiste')
           then split_part(encode(t.tgargs, 'escape'), '\\000', 1) end as queue,
         t.tgparentid <> 0 as "isOfParent"
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
   where t.tgrelid = $1::int8::oid and not t.tgisinternal
   order by t.tgname`;

export const RULES = `
  select r.rulename::text as name, pg_get_ruledef(r.oid) as definition, r.ev_enabled::text as enabled
    from pg_rewrite r where r.ev_class = $1::int8::oid and r.rulename <> '_RETURN' order by r.rulename`;

/** Rights that were given by somebody; those of the owner from the beginning are in neither form. */
export const GRANTS = `
  with acl as (
    select (aclexplode(c.relacl)).*, null::text as column, c.relowner as owner
      from pg_class c where c.oid = $1::int8::oid
     union all
    select (aclexplode(a.attacl)).*, a.attname::text, c.relowner
      from pg_attribute a join pg_class c on c.oid = a.attrelid
     where a.attrelid = $1::int8::oid and a.attnum > 0 and not a.attisdropped)
  select case when grantee = 0 then null else pg_get_userbyid(grantee)::text end as grantee,
         lower(privilege_type) as privilege, is_grantable as "isGrantable", "column"
    from acl where grantee <> owner order by 4 nulls first, 1 nulls first, 2`;
