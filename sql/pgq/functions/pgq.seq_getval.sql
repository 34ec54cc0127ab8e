create or replace function pgq.seq_getval(i_seq_name text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq.seq_getval(1)
--      last_value of a sequence, also before it was used for the first time.
-- Parameters:
--      i_seq_name      - schema.name, not quoted
-- ----------------------------------------------------------------------
declare
    v_value bigint;
begin
    execute 'select last_value from ' || pgq.quote_fqname(i_seq_name) into v_value;
    return v_value;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
