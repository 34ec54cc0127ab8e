create or replace function londiste.quote_fqname(i_name text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: londiste.quote_fqname(1)
--      Quotes both parts of a name where they need it.
-- ----------------------------------------------------------------------
    select quote_ident(s.schema_part) || '.' || quote_ident(s.name_part)
      from londiste.split_fqname(i_name) s;
$$ language sql strict immutable set search_path = pg_catalog, pg_temp;
