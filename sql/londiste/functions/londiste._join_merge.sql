create or replace function londiste._join_merge(
    in i_queue_name text,
    in i_table_name text,
    in i_full_dest text,
    in i_trg_args text[],
    in i_table_attrs text,
    in i_state text,
    in i_dest_table text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste._join_merge(7)
--      Part of londiste.local_add_table on a leaf: other queues of the same
--      combined queue bring the same table, and the combined queue takes it.
-- Returns:
--      200 - go on
--      405 - somebody has to decide
--      others - of the combined queue's local_add_table
-- ----------------------------------------------------------------------
declare
    v_desc      text := i_table_name || case when i_full_dest <> i_table_name then '(' || i_full_dest || ')' else '' end;
    v_combined  text := (select combined_queue from pgq_node.node_info where queue_name = i_queue_name);
    v_other     record;
begin
    for v_other in
        select t.queue_name, t.table_name, t.local
          from londiste.table_info t
          join pgq_node.node_info n on n.queue_name = t.queue_name
         where n.combined_queue is not distinct from v_combined
           and n.queue_name <> i_queue_name
           and coalesce(t.dest_table, t.table_name) = i_full_dest
         order by t.queue_name
    loop
        if i_state is null and v_other.local then
            select 405, format('Found local table %s in queue %s, use remove-table first to remove all previous table subscriptions',
                               v_desc, v_other.queue_name)
              into ret_code, ret_note;
            return;
        elsif i_state is null and not 'merge_all' = any (i_trg_args) then
            select 405, format('Found multiple sources for table %s, use merge-all or no-merge to continue', v_desc)
              into ret_code, ret_note;
            return;
        end if;
        update londiste.table_info t
           set local = true, merge_state = i_state, table_attrs = coalesce(i_table_attrs, t.table_attrs)
         where t.queue_name = v_other.queue_name
           and t.table_name = v_other.table_name;
    end loop;

    if exists (select from pgq_node.node_info n where n.queue_name = v_combined and n.node_type in ('root', 'branch'))
       and not exists (select from londiste.table_info t
                        where t.queue_name = v_combined and t.table_name = i_table_name and t.local) then
        select a.ret_code, a.ret_note into ret_code, ret_note
          from londiste.local_add_table(v_combined, i_table_name, i_trg_args, i_table_attrs, i_dest_table) a;
        if ret_code >= 300 then
            return;
        end if;
    end if;
    select 200, 'OK' into ret_code, ret_note;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
