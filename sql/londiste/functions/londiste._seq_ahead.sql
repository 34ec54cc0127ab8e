create or replace function londiste._seq_ahead(i_seq_name text, i_ahead numeric)
returns int8 as $$
-- ----------------------------------------------------------------------
-- Function: londiste._seq_ahead(2)
--      The value that lies so far ahead of a sequence's, in its direction and
--      within its bounds.
-- ----------------------------------------------------------------------
    select case when s.seqincrement > 0
                then least(pgq.seq_getval(i_seq_name) + i_ahead, s.seqmax)
                else greatest(pgq.seq_getval(i_seq_name) - i_ahead, s.seqmin)
           end::int8
      from pg_sequence s
     where s.seqrelid = pgq.quote_fqname(i_seq_name)::regclass;
$$ language sql strict set search_path = pg_catalog, pg_temp;
