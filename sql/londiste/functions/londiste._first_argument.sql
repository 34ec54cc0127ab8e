create or replace function londiste._first_argument(i_tgargs bytea)
returns bytea as $$
-- ----------------------------------------------------------------------
-- Function: londiste._first_argument(1)
--      The first argument of a trigger, of pg_trigger.tgargs, where each one
--      ends with a zero byte. In the encoding of the database.
-- ----------------------------------------------------------------------
    select substring(i_tgargs from 1 for position('\x00'::bytea in i_tgargs) - 1);
$$ language sql strict immutable set search_path = pg_catalog, pg_temp;
