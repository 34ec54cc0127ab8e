create or replace function pgq._capture_slow_sql(i_capture_id integer, i_table oid, i_op text)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_slow_sql(3)
--      The statement by which a generated trigger function logs the rows of
--      a table that it does not fit (the table was altered and the capture
--      not yet remade, or it is a partition with other columns than its
--      root), made for the table as it is now.
-- Parameters:
--      i_capture_id    - the capture to which the function belongs
--      i_table         - table on which the trigger fired
--      i_op            - TG_OP
-- Returns:
--      Statement for EXECUTE, in the row form with the new and the old row as
--      parameters. NULL if there is nothing to log.
-- ----------------------------------------------------------------------
declare
    v_capture   record;
    v_queue     text;
    v_options   jsonb;
begin
    perform pgq._capture_check_snapshot(i_table);

    select * into v_capture from pgq.capture where capture_id = i_capture_id;
    if not found or i_table <> v_capture.capture_table
                    and i_table not in (select relid from pg_partition_tree(v_capture.capture_table)) then
        raise exception 'trigger function of capture % does not belong on table %', i_capture_id, i_table::regclass
            using hint = 'Drop the trigger. Triggers for capture are made by pgq.create_capture only.';
    end if;
    select queue_name into v_queue from pgq.queue where queue_id = v_capture.capture_queue;

    if i_op in ('UPDATE', 'DELETE') and pgq._capture_key(i_table, v_capture.capture_options) = '{}' then
        raise exception 'Update/Delete on table without pkey';
    end if;

    -- a table that became a partition of a captured table has got that one's row trigger
    if v_capture.capture_form = 'statement' and exists (
            select from pg_trigger t
             where t.tgrelid = i_table
               and t.tgparentid <> 0
               and t.tgname = format('_pgq_capture_%s_r', v_capture.capture_queue)) then
        return null;
    end if;

    -- the caller may run with the rights of the schema's owner: no operators but the server's own
    v_options := v_capture.capture_options || '{"_text": true}';
    return format('select pgq.insert_event(%L, s.ev_type, s.ev_data, s.ev_extra1, s.ev_extra2, s.ev_extra3, s.ev_extra4) from (%s) s',
        v_queue,
        case v_capture.capture_form
            when 'statement' then pgq._capture_select(i_table, v_options, i_op, 'new_table', 'old_table', 'many')
            else pgq._capture_select(i_table, v_options, i_op, '(select ($1).*)', '(select ($2).*)', 'pair')
        end);
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
