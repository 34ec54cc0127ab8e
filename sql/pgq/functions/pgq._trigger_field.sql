create or replace function pgq._trigger_field(i_row text, i_column text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._trigger_field(2)
--      Reference to a column of a row variable, always quoted: PL/pgSQL has
--      keywords of its own (by, end, loop) that quote_ident() does not know.
-- ----------------------------------------------------------------------
    select format('%s."%s"', i_row, replace(i_column, '"', '""'));
$$ language sql immutable set search_path = pg_catalog, pg_temp;
