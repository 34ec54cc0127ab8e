create or replace function pgq._capture_builtin_type(i_type oid)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_builtin_type(1)
--      True if comparing two values of the type runs no code but the
--      server's own: types of pg_catalog, enums, and domains, arrays,
--      composites and ranges of these.
-- ----------------------------------------------------------------------
    with recursive part(oid) as (
        select i_type
        union
        select r.oid
          from part
          join pg_type t on t.oid = part.oid
         cross join lateral (
            select t.typbasetype as oid where t.typtype = 'd'
            union all
            select t.typelem where t.typelem <> 0
            union all
            select a.atttypid from pg_attribute a
             where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
            union all
            select g.rngsubtype from pg_range g where g.rngtypid = t.oid
            union all
            select g.rngtypid from pg_range g where g.rngmultitypid = t.oid) r
    )
    select bool_and(t.oid < 16384 or t.typtype in ('e', 'd', 'c', 'r', 'm') or t.typcategory = 'A')
      from part
      join pg_type t on t.oid = part.oid;
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
