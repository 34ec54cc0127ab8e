create or replace function londiste.local_remove_table(
    in i_queue_name text,
    in i_table_name text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_remove_table(2)
--      Ends this node's part in the replication of a table; on the root the
--      table leaves the set. Rows stay, except that a table whose indexes a
--      copy had dropped is emptied and gets them back.
-- Returns:
--      200 - done
--      400 - not in the set, or not local
-- Tables directly manipulated:
--      update - londiste.table_info
-- ----------------------------------------------------------------------
declare
    v_table     text := londiste.make_fqname(i_table_name);
    v_row       record;
    v_dest      oid;
    v_seq       text;
begin
    select t.local, t.dropped_ddl, coalesce(t.dest_table, t.table_name) as dest into v_row
      from londiste.table_info t
     where t.queue_name = i_queue_name and t.table_name = v_table;
    if not found then
        select 400, 'Table not found: ' || v_table into ret_code, ret_note;
        return;
    end if;

    if v_row.local then
        perform londiste.drop_table_triggers(i_queue_name, v_table);
        perform londiste._forget_copy(i_queue_name, v_table);
        if v_row.dropped_ddl is not null then
            execute 'truncate only ' || londiste.quote_fqname(v_row.dest);
            execute v_row.dropped_ddl;
        end if;
        update londiste.table_info t
           set local = false, custom_snapshot = null, table_attrs = null, dropped_ddl = null, merge_state = null, dest_table = null
         where t.queue_name = i_queue_name and t.table_name = v_table;

        perform pg_catalog.pg_notify('pgq_node', i_queue_name);
        v_dest := londiste._find_any_table(v_row.dest);
        for v_seq in
            select n.nspname || '.' || s.relname
              from pg_catalog.pg_attribute a
              join pg_catalog.pg_depend d
                on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
               and d.refobjid = a.attrelid
               and d.refobjsubid = a.attnum
               and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               and d.deptype = 'a'
              join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
              join pg_catalog.pg_namespace n on n.oid = s.relnamespace
             where a.attrelid = v_dest
               and a.atthasdef
               and a.atttypid in (20, 23)
             order by a.attnum
        loop
            perform londiste.local_remove_seq(i_queue_name, v_seq);
        end loop;
    elsif not pgq_node.is_root_node(i_queue_name) then
        select 400, 'Table not registered locally: ' || v_table into ret_code, ret_note;
        return;
    end if;

    if pgq_node.is_root_node(i_queue_name) then
        perform londiste.global_remove_table(i_queue_name, v_table);
        perform londiste.root_notify_change(i_queue_name, 'londiste.remove-table', v_table);
    end if;
    select 200, 'Table removed: ' || v_table into ret_code, ret_note;
end; $$ language plpgsql strict; -- no search_path: stored DDL relies on the session's
