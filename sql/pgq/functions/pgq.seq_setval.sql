create or replace function pgq.seq_setval(i_seq_name text, i_new_value bigint)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.seq_setval(2)
--      Move a sequence forward to a value, at most to its end; it is never
--      moved back. One that descends goes forward to lower values.
-- Parameters:
--      i_seq_name      - schema.name, not quoted
--      i_new_value     - wanted value
-- Returns:
--      the value it has afterwards
-- ----------------------------------------------------------------------
declare
    v_old   bigint := pgq.seq_getval(i_seq_name);
    v_seq   record;
    v_new   bigint;
begin
    select s.seqrelid, s.seqincrement, s.seqmin, s.seqmax into v_seq
      from pg_sequence s
     where s.seqrelid = pgq.quote_fqname(i_seq_name)::regclass;
    v_new := greatest(v_seq.seqmin, least(v_seq.seqmax, i_new_value));
    if (v_seq.seqincrement > 0 and v_new > v_old) or (v_seq.seqincrement < 0 and v_new < v_old) then
        return setval(v_seq.seqrelid, v_new);
    end if;
    return v_old;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
