create or replace function pgq.seq_setval(i_seq_name text, i_new_value bigint)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.seq_setval(2)
--      Raise a sequence to a value; it is never lowered.
-- Parameters:
--      i_seq_name      - schema.name, not quoted
--      i_new_value     - wanted value
-- Returns:
--      the value it has afterwards
-- ----------------------------------------------------------------------
declare
    v_old   bigint := pgq.seq_getval(i_seq_name);
begin
    if i_new_value > v_old then
        return setval(pgq.quote_fqname(i_seq_name)::regclass, i_new_value);
    end if;
    return v_old;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
