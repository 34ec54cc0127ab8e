create or replace function pgq._equality_operator(i_type oid)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._equality_operator(1)
--      Finds the equality of a type: that of its default btree operator class,
--      else of its default hash operator class.
-- Parameters:
--      i_type          - a type
-- Returns:
--      text for use in SQL, such as 'operator(pg_catalog.=)'; NULL for arrays
--      and for types without such a class.
-- ----------------------------------------------------------------------
declare
    _type   record;
begin
    with recursive base as (
        select t.oid, t.typtype, t.typcategory, t.typbasetype, t.typrelid
          from pg_catalog.pg_type t
         where t.oid operator(pg_catalog.=) i_type
         union all
        select t.oid, t.typtype, t.typcategory, t.typbasetype, t.typrelid
          from base b
          join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) b.typbasetype
         where b.typtype operator(pg_catalog.=) 'd')
    select b.oid, b.typtype, b.typcategory, b.typrelid into _type
      from base b
     where b.typtype operator(pg_catalog.<>) 'd';

    if _type.typcategory operator(pg_catalog.=) 'A' then
        return null;
    elsif _type.typtype operator(pg_catalog.=) 'c' then
        -- rows are equal column by column, as far as each column has an equality
        if exists (
            select 1
              from pg_catalog.pg_attribute a
             where a.attrelid operator(pg_catalog.=) _type.typrelid
               and a.attnum operator(pg_catalog.>) 0
               and not a.attisdropped
               and pgq._equality_operator(a.atttypid) is null
               and not exists (
                    select 1 from pg_catalog.pg_type t
                     where t.oid operator(pg_catalog.=) a.atttypid
                       and t.typelem operator(pg_catalog.<>) 0
                       and pgq._equality_operator(t.typelem) is not null))
        then
            return null;
        end if;
    end if;

    return (
        select pg_catalog.format('operator(%I.%s)', n.nspname, o.oprname)
          from pg_catalog.pg_opclass c
          join pg_catalog.pg_amop p
            on p.amopfamily operator(pg_catalog.=) c.opcfamily
           and p.amoplefttype operator(pg_catalog.=) c.opcintype
           and p.amoprighttype operator(pg_catalog.=) c.opcintype
           and p.amopstrategy operator(pg_catalog.=) case when c.opcmethod operator(pg_catalog.=) 403::pg_catalog.oid then 3 else 1 end
          join pg_catalog.pg_operator o on o.oid operator(pg_catalog.=) p.amopopr
          join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) o.oprnamespace
         where c.opcdefault
           and c.opcmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[]) -- btree, hash
           and (c.opcintype operator(pg_catalog.=) _type.oid
                or c.opcintype operator(pg_catalog.=) case
                        when _type.typtype operator(pg_catalog.=) 'e' then 'pg_catalog.anyenum'::pg_catalog.regtype
                        when _type.typtype operator(pg_catalog.=) 'r' then 'pg_catalog.anyrange'::pg_catalog.regtype
                        when _type.typtype operator(pg_catalog.=) 'm' then 'pg_catalog.anymultirange'::pg_catalog.regtype
                        when _type.typtype operator(pg_catalog.=) 'c' then 'pg_catalog.record'::pg_catalog.regtype
                   end
                or exists (
                    select 1
                      from pg_catalog.pg_cast k
                     where k.castsource operator(pg_catalog.=) _type.oid
                       and k.casttarget operator(pg_catalog.=) c.opcintype
                       and k.castmethod operator(pg_catalog.=) 'b'
                       and k.castcontext operator(pg_catalog.=) 'i'))
         order by (c.opcintype operator(pg_catalog.=) _type.oid) desc, c.opcmethod, c.opcintype
         limit 1);
end; $$ language plpgsql stable;
