create or replace function pgq._capture_drop(i_capture_id integer, i_keep text[])
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_drop(2)
--      Drops generated trigger functions together with their triggers.
-- Parameters:
--      i_keep  - names of functions that stay; NULL: none, and the capture
--                is forgotten
-- Tables directly manipulated:
--      delete - pgq.capture
-- ----------------------------------------------------------------------
declare
    v_name  text;
begin
    for v_name in
        select unnest(capture_functions) from pgq.capture where capture_id = i_capture_id
    loop
        if i_keep is null or v_name <> all (i_keep) then
            execute format('drop function if exists pgq.%I() cascade', v_name);
        end if;
    end loop;
    if i_keep is null then
        delete from pgq.capture where capture_id = i_capture_id;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp set client_min_messages = warning;
