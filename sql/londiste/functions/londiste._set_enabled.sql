create or replace function londiste._set_enabled(i_table text, i_object text, i_state "char")
returns void as $$
-- ----------------------------------------------------------------------
-- Function: londiste._set_enabled(3)
--      Sets when a trigger or rule fires.
-- Parameters:
--      i_table, i_object   - quoted; the object with its kind
--      i_state             - as in pg_trigger.tgenabled
-- ----------------------------------------------------------------------
begin
    if i_state <> 'O' then
        execute format('alter table %s %s %s', i_table,
                       case i_state when 'D' then 'disable' when 'A' then 'enable always' else 'enable replica' end, i_object);
    end if;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
