create or replace function londiste.local_add_table(
    in i_queue_name text,
    in i_table_name text,
    in i_trg_args text[],
    in i_table_attrs text,
    in i_dest_table text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_add_table(5)
--      Makes this node take part in the replication of a table. On the root
--      the table becomes part of the set.
-- Parameters:
--      i_table_name    - name in the set
--      i_trg_args      - expect_sync: no copy is needed
--                      - skip_truncate: the copy keeps the rows that are there
--                      - merge_all, no_merge: what to do when other queues
--                        bring the same table to this leaf
--                      - virtual_table: there is no table; no_triggers
--                      - capture, skip, tgflags= and arguments of the trigger:
--                        see londiste.create_trigger. With capture the table
--                        may be partitioned.
--                      - pkey=a,b: columns of a unique index, for a table
--                        without primary key
--      i_table_attrs   - urlencoded; NULL keeps what is stored
--      i_dest_table    - the table's name in this database; NULL: the same
-- Returns:
--      200 - added, or was there
--      400 - no such set; no key
--      403, 405 - triggers, or several sources: see the note. Roll back.
--      404 - no such table here, or not in the set
--      410 - was there with other attributes
-- Calls:
--      londiste.global_add_table, londiste.create_trigger,
--      londiste._join_merge
-- Tables directly manipulated:
--      update - londiste.table_info
-- ----------------------------------------------------------------------
declare
    v_args      text[] := coalesce(i_trg_args, '{}');
    v_table     text := londiste.make_fqname(i_table_name);
    v_dest      text := coalesce(londiste.make_fqname(i_dest_table), v_table);
    v_desc      text := v_table || case when v_dest <> v_table then '(' || v_dest || ')' else '' end;
    v_virtual   boolean := 'virtual_table' = any (v_args);
    v_oid       oid;
    v_attrs     text := i_table_attrs;
    v_state     text;
    v_node      record;
    v_row       record;
    v_done      record;
begin
    if 'merge_all' = any (v_args) and 'no_merge' = any (v_args) then
        select 405, 'Cannot use merge-all and no-merge together' into ret_code, ret_note;
        return;
    end if;
    if 'skip_truncate' = any (v_args) then
        v_attrs := coalesce(nullif(v_attrs, '') || '&', '') || 'skip_truncate=1';
    end if;

    if not v_virtual then
        v_oid := londiste.find_table_oid(v_dest);
        if v_oid is null and 'capture' = any (v_args) then
            v_oid := londiste._find_any_table(v_dest);
        end if;
        if v_oid is null then
            select 404, 'Table does not exist: ' || v_desc into ret_code, ret_note;
            return;
        end if;
        if not londiste._has_key(v_oid, v_args) and not londiste._key_is_dropped(i_queue_name, v_dest) then
            select 400,
                   case when exists (select from pg_index i
                                      where i.indrelid = v_oid and i.indisprimary and not i.indimmediate)
                        then 'Primary key is deferrable on table: '
                        else 'Primary key missing on table: '
                   end || v_desc
              into ret_code, ret_note;
            return;
        end if;
    end if;

    select * into v_node from pgq_node.get_node_info(i_queue_name);
    if v_node.ret_code >= 400 then
        select 400, 'No such set: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;

    select t.local, t.table_attrs into v_row
      from londiste.table_info t
     where t.queue_name = i_queue_name and t.table_name = v_table;
    if not found then
        if v_node.node_type <> 'root' then
            select 404, 'Table not available on queue: ' || v_desc into ret_code, ret_note;
            return;
        end if;
        select g.ret_code, g.ret_note into ret_code, ret_note from londiste.global_add_table(i_queue_name, v_table) g;
        if ret_code <> 200 then
            return;
        end if;
    elsif v_row.local then
        if v_row.table_attrs is distinct from v_attrs then
            select 410, format('Table %s already added, but with different args: %s', v_desc, coalesce(v_row.table_attrs, ''))
              into ret_code, ret_note;
        else
            select 200, 'Table already added: ' || v_desc into ret_code, ret_note;
        end if;
        return;
    end if;

    if v_node.node_type = 'root' or v_virtual or 'expect_sync' = any (v_args)
       or (v_node.node_type = 'leaf' and v_node.combined_type = 'branch') then
        v_state := 'ok';
    end if;
    if v_node.node_type = 'root' then
        perform londiste.root_notify_change(i_queue_name, 'londiste.add-table', v_table);
    end if;
    update londiste.table_info t
       set local = true,
           merge_state = v_state,
           table_attrs = coalesce(v_attrs, t.table_attrs),
           dest_table = nullif(v_dest, v_table)
     where t.queue_name = i_queue_name and t.table_name = v_table;
    -- the worker looks now
    perform pg_notify('pgq_node', i_queue_name);

    if v_node.node_type = 'leaf' and not 'no_merge' = any (v_args) then
        select * into v_done
          from londiste._join_merge(i_queue_name, v_table, v_dest, v_args, v_attrs, v_state, i_dest_table);
        if v_done.ret_code >= 300 then
            select v_done.ret_code, v_done.ret_note into ret_code, ret_note;
            return;
        end if;
    end if;

    select * into v_done from londiste.create_trigger(i_queue_name, v_table, v_args, v_dest, v_node.node_type);
    if v_done.ret_code > 299 then
        select v_done.ret_code, format('Trigger creation failed for table %s: %s', v_desc, v_done.ret_note)
          into ret_code, ret_note;
    elsif v_done.ret_code = 201 then
        select 200, 'Table added with no triggers: ' || v_desc into ret_code, ret_note;
    else
        select 200, 'Table added: ' || v_desc into ret_code, ret_note;
    end if;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;

create or replace function londiste.local_add_table(
    in i_queue_name text,
    in i_table_name text,
    in i_trg_args text[],
    in i_table_attrs text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_add_table(4)
--      The same under the name in the set.
-- ----------------------------------------------------------------------
    select * from londiste.local_add_table(i_queue_name, i_table_name, i_trg_args, i_table_attrs, null);
$$ language sql set search_path = pg_catalog, pg_temp;

create or replace function londiste.local_add_table(
    in i_queue_name text,
    in i_table_name text,
    in i_trg_args text[],
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_add_table(3)
--      The same with the attributes that are stored.
-- ----------------------------------------------------------------------
    select * from londiste.local_add_table(i_queue_name, i_table_name, i_trg_args, null, null);
$$ language sql set search_path = pg_catalog, pg_temp;

create or replace function londiste.local_add_table(
    in i_queue_name text,
    in i_table_name text,
    out ret_code int4,
    out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_add_table(2)
--      The same with ordinary triggers.
-- ----------------------------------------------------------------------
    select * from londiste.local_add_table(i_queue_name, i_table_name, null, null, null);
$$ language sql strict set search_path = pg_catalog, pg_temp;
