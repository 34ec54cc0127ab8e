create or replace function londiste._coordinate_copy(
    in i_queue_name text,
    in i_table_name text,
    out copy_role text,
    out copy_pos int4)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste._coordinate_copy(2)
--      When several queues feed one table, their copies share the work: one
--      leads, drops indexes and keys and restores them; the others copy
--      beside it and wait with their events until that is done.
-- Returns:
--      copy_role   - lead, wait-copy (do not begin), wait-replay (copy, leave
--                    the structure alone, wait before catching up), or NULL
--      copy_pos    - number of copies that go first
-- ----------------------------------------------------------------------
declare
    v_me        record;
    v_all       record;
    v_is_first  boolean;
begin
    select t.merge_state, t.dropped_ddl, n.combined_queue, coalesce(t.dest_table, t.table_name) as dest
      into v_me
      from londiste.table_info t
      join pgq_node.node_info n on n.queue_name = t.queue_name
     where t.queue_name = i_queue_name
       and t.table_name = i_table_name;
    if not found then
        return;
    end if;

    select coalesce(min(t.queue_name) filter (where t.local and t.dropped_ddl is not null),
                    min(t.queue_name) filter (where t.local)) as first_queue,
           count(*) filter (where t.local) as parts,
           count(*) filter (where t.local and t.merge_state <> 'in-copy') as done,
           coalesce(bool_or(t.dropped_ddl is not null), false) as has_ddl,
           count(*) filter (where t.queue_name < i_queue_name and t.merge_state = 'in-copy') as before
      into v_all
      from londiste.table_info t
      join pgq_node.node_info n on n.queue_name = t.queue_name
     where n.combined_queue is not distinct from v_me.combined_queue
       and coalesce(t.dest_table, t.table_name) = v_me.dest
       and (t.merge_state <> 'ok' or t.merge_state is null);

    -- a queue alone needs no order
    v_is_first := v_all.parts > 1 and v_all.first_queue = i_queue_name;
    copy_pos := case when v_me.merge_state = 'in-copy' and not v_is_first then v_all.before else 0 end;
    if v_all.parts <= 1 or v_me.merge_state is null or v_me.merge_state not in ('in-copy', 'catching-up') then
        return;
    end if;

    if v_is_first and v_me.merge_state = 'in-copy' then
        -- who comes late copies with the indexes in place
        if v_me.dropped_ddl is null and v_all.done > 0 then
            copy_role := 'wait-replay';
        elsif v_all.done < v_all.parts then
            copy_role := 'lead';
        end if;
    elsif v_is_first then
        if v_me.dropped_ddl is not null and v_all.done < v_all.parts then
            copy_role := 'wait-replay';
        end if;
    elsif v_me.merge_state = 'in-copy' then
        copy_role := case when v_all.has_ddl or v_all.done > 0 then 'wait-replay' else 'wait-copy' end;
    elsif v_all.has_ddl then
        copy_role := 'wait-replay';
    end if;
end; $$ language plpgsql strict stable set search_path = pg_catalog, pg_temp;
