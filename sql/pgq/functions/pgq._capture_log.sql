create or replace function pgq._capture_log(i_queue_id integer, i_as_user boolean, i_select text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_log(3)
--      PL/pgSQL that puts the rows of a SELECT made by pgq._capture_select
--      into a queue, for the body of a generated trigger function.
-- Parameters:
--      i_as_user   - the function runs as the user who changes the table:
--                    only pgq.insert_event may be used
-- ----------------------------------------------------------------------
declare
    v_queue     record;
    v_code      text := '';
begin
    select * into strict v_queue from pgq.queue where queue_id = i_queue_id;
    if not i_as_user then
        for i in 0 .. v_queue.queue_ntables - 1 loop
            v_code := v_code || format(
$f$    %s _pgq_to operator(pg_catalog.=) %s then
        insert into %s (ev_id, ev_time, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4)
        select pg_catalog.nextval(%L), pg_catalog.now(), s.ev_type, s.ev_data, s.ev_extra1, s.ev_extra2, s.ev_extra3, s.ev_extra4
          from (%s) s;
$f$,            case i when 0 then 'if' else 'elsif' end, i, v_queue.queue_data_pfx || '_' || i, v_queue.queue_event_seq, i_select);
        end loop;
        v_code := v_code || E'    else\n';
    end if;
    v_code := v_code || format(
$f$        perform pgq.insert_event(%L, s.ev_type, s.ev_data, s.ev_extra1, s.ev_extra2, s.ev_extra3, s.ev_extra4)
           from (%s) s;
$f$,    v_queue.queue_name, i_select);
    return v_code || case when i_as_user then '' else E'    end if;\n' end;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
