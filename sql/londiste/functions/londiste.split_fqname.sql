create or replace function londiste.split_fqname(i_fqname text, out schema_part text, out name_part text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.split_fqname(1)
--      Splits a name at its first dot. Without a dot the schema is public.
-- ----------------------------------------------------------------------
    select case when position('.' in i_fqname) > 0 then substring(i_fqname, 1, position('.' in i_fqname) - 1) else 'public' end,
           substring(i_fqname, position('.' in i_fqname) + 1);
$$ language sql strict immutable set search_path = pg_catalog, pg_temp;
