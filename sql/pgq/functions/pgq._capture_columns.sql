create or replace function pgq._capture_columns(
    i_table oid,
    i_options jsonb,
    out col_name text,
    out is_key boolean,
    out is_ignored boolean,
    out is_magic boolean,
    out new_json text,
    out old_json text,
    out new_text text,
    out old_text text,
    out is_equal text,
    out runs_user_code boolean)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_columns(2)
--      The columns of a table in table order, with the SQL from which the
--      statements of its capture are built. n is the new row, o the old one.
--      With _text among the options no operator runs that is not built in.
--      A virtual generated column is NULL, as jsontriga has it.
-- Returns:
--      new_json, old_json  - what row_to_json must be given
--      new_text, old_text  - text of the type's output function
--      is_equal            - true if the column is equal in both rows
--      runs_user_code      - true if is_equal runs an operator that is not
--                            the server's own
-- ----------------------------------------------------------------------
    select a.attname::text,
           coalesce(a.attname = any (k.names), false),
           coalesce(i_options->'ignore' ? a.attname, false),
           starts_with(a.attname, '_pgq_ev_'),
           pgq._capture_value(a.atttypid, r.n, true),
           pgq._capture_value(a.atttypid, r.o, true),
           pgq._capture_value(a.atttypid, r.n, false),
           pgq._capture_value(a.atttypid, r.o, false),
           -- two NULLs are equal, and num_nulls() does not look into a composite as IS NULL does
           concat('coalesce(', case when e.operator is null or e.is_foreign and i_options ? '_text'
                then concat('(', pgq._capture_value(a.atttypid, r.o, false),
                            ') collate pg_catalog."C" operator(pg_catalog.=) (',
                            pgq._capture_value(a.atttypid, r.n, false), ') collate pg_catalog."C"')
                else concat_ws(' ', r.o, e.operator, r.n)
                end, ', pg_catalog.num_nulls(', r.o, ', ', r.n, ') operator(pg_catalog.=) 2)'),
           e.is_foreign
      from (select pgq._capture_key(i_table, i_options) as names offset 0) k
     cross join pg_attribute a
     cross join lateral (
        -- a trigger has no value for a virtual generated column, and a transition table fails if asked for it
        select case when a.attgenerated = 'v' then v.none else 'n.' || quote_ident(a.attname) end as n,
               case when a.attgenerated = 'v' then v.none else 'o.' || quote_ident(a.attname) end as o
          from (select concat('(null::', format_type(a.atttypid, null), ')') as none) v) r
     cross join lateral (
        -- below 16384 are the server's own types
        select p.operator,
               p.operator is not null and a.atttypid >= 16384 and not pgq._capture_builtin_type(a.atttypid) as is_foreign
          from pgq._capture_equal_operator(a.atttypid) as p(operator)) e
     where a.attrelid = i_table
       and a.attnum > 0
       and not a.attisdropped
     order by a.attnum;
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
