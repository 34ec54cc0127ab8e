create or replace function pgq._capture_value(i_type oid, i_ref text, i_json boolean)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_value(3)
--      SQL for the value of a column.
-- Parameters:
--      i_type  - type of the column
--      i_ref   - SQL that refers to it
--      i_json  - true: what row_to_json must be given to print what
--                jsontriga prints; false: text of the type's output function
-- ----------------------------------------------------------------------
    select case
            when i_json and t.oid < 16384 and t.typtype in ('b', 'r', 'm') and t.typcategory <> 'A'
                 and t.typname not in ('float4', 'float8', 'numeric', 'json', 'jsonb')
                then i_ref
            when t.oid < 16384 and t.typname in ('float4', 'float8', 'numeric', 'json', 'jsonb',
                                                 'text', 'varchar', 'int2', 'int4', 'int8')
                then i_ref || '::pg_catalog.text'
            -- format() calls the output function, where a cast could be another one, or the user's own code
            else format('case when pg_catalog.num_nulls(%s) operator(pg_catalog.=) 0 then %s end', i_ref,
                        'pg_catalog.format(''%s'', ' || i_ref || ')')
           end
      from pg_type t
     where t.oid = i_type;
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
