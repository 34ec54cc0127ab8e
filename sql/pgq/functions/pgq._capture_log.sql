create or replace function pgq._capture_log(i_queue_id integer, i_as_user boolean, i_select text, i_other text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_log(4)
--      PL/pgSQL that puts the rows of a SELECT made by pgq._capture_select
--      into a queue, for the body of a generated trigger function.
-- Parameters:
--      i_as_user   - the function runs as the user who changes the table:
--                    only pgq.insert_event may be used
--      i_other     - what follows for a _pgq_to that stands for no table
-- ----------------------------------------------------------------------
declare
    v_queue     record;
    v_table     text;
    v_code      text := '';
    v_fields    constant text := 'ev_time, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4';
    v_values    constant text := 'pg_catalog.now(), s.ev_type, s.ev_data, s.ev_extra1, s.ev_extra2, s.ev_extra3, s.ev_extra4';
begin
    select * into strict v_queue from pgq.queue where queue_id = i_queue_id;
    if not i_as_user then
        for i in 0 .. v_queue.queue_ntables - 1 loop
            v_table := v_queue.queue_data_pfx || '_' || i;
            -- by its default where it has one: a volatile function in the SELECT keeps it from being one with the INSERT
            v_code := v_code || format(
$f$    %s _pgq_to operator(pg_catalog.=) %s then
        insert into %s (%s)
        select %s
          from (%s) s;
$f$,            case i when 0 then 'if' else 'elsif' end, i, v_table,
                case when d.is_there then '' else 'ev_id, ' end || v_fields,
                case when d.is_there then '' else format('pg_catalog.nextval(%L), ', v_queue.queue_event_seq) end || v_values,
                i_select)
               from (select exists (
                    select from pg_attrdef
                     where adrelid = to_regclass(v_table)
                       and adnum = (select attnum from pg_attribute where attrelid = adrelid and attname = 'ev_id')
                       and pg_get_expr(adbin, adrelid) = format('nextval(%L::regclass)', v_queue.queue_event_seq)) as is_there) d;
        end loop;
        v_code := v_code || E'    elsif _pgq_to operator(pg_catalog.=) -1 then\n';
    else
        v_code := v_code || E'    if _pgq_to operator(pg_catalog.=) -1 then\n';
    end if;
    return v_code || format(
$f$        perform pgq.insert_event(%L, s.ev_type, s.ev_data, s.ev_extra1, s.ev_extra2, s.ev_extra3, s.ev_extra4)
           from (%s) s;
%s    end if;
$f$,    v_queue.queue_name, i_select, i_other);
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
