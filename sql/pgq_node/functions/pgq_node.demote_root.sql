create or replace function pgq_node.demote_root(
    i_queue_name text, i_step int4, i_new_provider text,
    out ret_code int4, out ret_note text, out last_tick int8)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.demote_root(3)
--      Makes the local root a branch, in three steps, each in a transaction of its own. Steps 1 and 2 may be repeated.
--        1 - nobody may write into the queue any more, and its ticks come from elsewhere
--        2 - wait for the transactions that have written, then make the last tick
--        3 - the node is a branch of the new provider
-- Parameters:
--      i_queue_name    - cascaded queue
--      i_step          - 1, 2 or 3
--      i_new_provider  - step 3: member that has become root
-- Returns:
--      200 - the step is done; last_tick is the last tick (steps 2 and 3)
--      301 - Node not root
--      404 - Node not initialized for queue
-- Calls:
--      pgq.ticker
-- Tables directly manipulated:
--      update - pgq_node.node_info, pgq_node.local_state, pgq.queue
--      lock   - tables of the queue
-- ----------------------------------------------------------------------
declare
    v_node      record;
    v_queue     record;
    v_event     bigint;
begin
    select n.node_type, n.worker_name
      into v_node
      from pgq_node.node_info n
     where n.queue_name = i_queue_name
       for update;
    if not found then
        select 404, 'Node not initialized for queue: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;
    if v_node.node_type <> 'root' then
        select 301, 'Node not root' into ret_code, ret_note;
        return;
    end if;

    select q.queue_id, q.queue_data_pfx, q.queue_tick_seq, q.queue_event_seq,
           q.queue_disable_insert and q.queue_external_ticker as is_closed
      into v_queue
      from pgq.queue q
     where q.queue_name = i_queue_name;
    if i_step > 1 and v_queue.is_closed is not true then
        raise exception 'steps in wrong order';
    end if;

    if i_step = 1 then
        update pgq.queue q
           set queue_disable_insert = true, queue_external_ticker = true
         where q.queue_name = i_queue_name;
        if not found then
            select 404, 'Huh, no queue?: ' || i_queue_name into ret_code, ret_note;
            return;
        end if;
        select 200, 'Step 1: Writing disabled for: ' || i_queue_name into ret_code, ret_note;
    elsif i_step = 2 then
        -- Nothing below needs the role; it is for those who rely on it until the end of the transaction.
        begin
            perform set_config('session_replication_role', 'replica', true);
        exception
            when insufficient_privilege then
                null;
        end;
        -- the order of schema pgq: the queue's ticker before its tables
        perform pg_advisory_xact_lock(7366513, v_queue.queue_id);
        execute 'lock table ' || pgq.quote_fqname(v_queue.queue_data_pfx) || ' in exclusive mode';
        last_tick := nextval(pgq.quote_fqname(v_queue.queue_tick_seq)::regclass);
        v_event := nextval(pgq.quote_fqname(v_queue.queue_event_seq)::regclass);
        perform pgq.ticker(i_queue_name, last_tick, now(), v_event);
        perform pg_notify('pgq_tick', i_queue_name); -- wakes those who wait for the last events
        select 200, 'Step 2: Inserted last tick: ' || i_queue_name into ret_code, ret_note;
    elsif i_step = 3 then
        last_tick := pgq_node._queue_top(i_queue_name);
        update pgq_node.node_info n
           set node_type = 'branch'
         where n.queue_name = i_queue_name;
        update pgq_node.local_state s
           set provider_node = i_new_provider, last_tick_id = last_tick, uptodate = false
         where s.queue_name = i_queue_name and s.consumer_name = v_node.worker_name;
        perform pg_notify('pgq_node', i_queue_name); -- wakes the worker
        select 200, 'Step 3: Demoted root to branch: ' || i_queue_name into ret_code, ret_note;
    else
        raise exception 'incorrect step number';
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
