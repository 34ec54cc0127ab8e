create or replace function londiste._drop_trigger(i_table regclass, i_name text)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: londiste._drop_trigger(2)
--      Drops a trigger if the table has it, without a notice if not.
-- ----------------------------------------------------------------------
begin
    if exists (select from pg_trigger where tgrelid = i_table and tgname = i_name::name) then
        execute format('drop trigger %I on %s', i_name, i_table);
    end if;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
