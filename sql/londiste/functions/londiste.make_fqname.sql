create or replace function londiste.make_fqname(i_name text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: londiste.make_fqname(1)
--      Adds schema public to a name without a dot.
-- ----------------------------------------------------------------------
    select case when position('.' in i_name) > 0 then i_name else 'public.' || i_name end;
$$ language sql strict immutable set search_path = pg_catalog, pg_temp;
