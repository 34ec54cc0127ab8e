create or replace function londiste.get_table_pending_fkeys(i_table_name text)
returns setof londiste.pending_fkeys as $$
-- ----------------------------------------------------------------------
-- Function: londiste.get_table_pending_fkeys(1)
--      Dropped foreign keys from or to a table, given by its full name.
-- ----------------------------------------------------------------------
    select p.*
      from londiste.pending_fkeys p
     where i_table_name in (p.from_table, p.to_table)
     order by p.from_table, p.to_table, p.fkey_name;
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
