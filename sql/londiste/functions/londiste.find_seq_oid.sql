create or replace function londiste.find_seq_oid(seq text)
returns oid as $$
-- ----------------------------------------------------------------------
-- Function: londiste.find_seq_oid(1)
--      Finds a sequence. NULL if there is none.
-- ----------------------------------------------------------------------
    select londiste.find_rel_oid(seq, 'S');
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
