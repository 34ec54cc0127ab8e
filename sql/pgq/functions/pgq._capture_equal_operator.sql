create or replace function pgq._capture_equal_operator(i_type oid)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_equal_operator(1)
--      The operator that decides whether two values of a column are equal:
--      that of the type's default btree, else hash operator class.
-- Returns:
--      operator(schema.name); NULL for arrays and for types without such a
--      class, whose values are compared by their text.
-- ----------------------------------------------------------------------
declare
    v_type      record;
    v_base      oid := i_type;
    v_operator  text;
begin
    loop
        select t.typtype, t.typbasetype, t.typname, t.typcategory
          into v_type
          from pg_type t
         where t.oid = v_base;
        exit when v_type.typtype <> 'd';
        v_base := v_type.typbasetype;
    end loop;

    if v_type.typcategory = 'A' then
        return null;
    elsif v_type.typtype in ('e', 'c', 'r', 'm') or v_base = 'pg_catalog.varchar'::regtype then
        return 'operator(pg_catalog.=)';
    end if;

    select format('operator(%I.%s)', n.nspname, o.oprname)
      into v_operator
      from pg_opclass c
      join pg_am m on m.oid = c.opcmethod
      join pg_amop p on p.amopfamily = c.opcfamily and p.amoplefttype = c.opcintype and p.amoprighttype = c.opcintype
                    and p.amopstrategy = case m.amname when 'btree' then 3 else 1 end
      join pg_operator o on o.oid = p.amopopr
      join pg_namespace n on n.oid = o.oprnamespace
     where c.opcdefault
       and c.opcintype = v_base
       and m.amname in ('btree', 'hash')
     order by m.amname
     limit 1;
    return v_operator;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
