create or replace function pgq._capture_is_constant(i_expr text)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_is_constant(1)
--      Whether an expression among the options of a capture is nothing but a
--      string in quotes: the same for all rows, whoever changes them.
-- ----------------------------------------------------------------------
    select i_expr ~ '^''([^''\\]|'''')*''$';
$$ language sql immutable strict set search_path = pg_catalog, pg_temp;
