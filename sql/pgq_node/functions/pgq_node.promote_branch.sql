create or replace function pgq_node.promote_branch(i_queue_name text, out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.promote_branch(1)
--      Makes the local branch the root of its queue.
-- Parameters:
--      i_queue_name    - cascaded queue
-- Returns:
--      200 - Branch node promoted to root
--      301 - Node not branch
--      404 - Node not initialized for queue
-- Calls:
--      pgq.seq_setval
-- Tables directly manipulated:
--      update - pgq_node.node_info, pgq_node.local_state, pgq.queue
-- ----------------------------------------------------------------------
declare
    v_node      record;
    v_top       bigint;
begin
    select n.node_name, n.node_type, n.worker_name
      into v_node
      from pgq_node.node_info n
     where n.queue_name = i_queue_name
       for update;
    if not found then
        select 404, 'Node not initialized for queue: ' || i_queue_name into ret_code, ret_note;
        return;
    end if;
    if v_node.node_type <> 'branch' then
        select 301, 'Node not branch' into ret_code, ret_note;
        return;
    end if;

    update pgq.queue q
       set queue_disable_insert = false, queue_external_ticker = false
     where q.queue_name = i_queue_name;
    v_top := pgq_node._queue_top(i_queue_name);
    perform pgq.seq_setval(q.queue_tick_seq, v_top)
       from pgq.queue q
      where q.queue_name = i_queue_name;

    update pgq_node.node_info n
       set node_type = 'root'
     where n.queue_name = i_queue_name;
    update pgq_node.local_state s
       set provider_node = v_node.node_name, last_tick_id = v_top, uptodate = false
     where s.queue_name = i_queue_name and s.consumer_name = v_node.worker_name;

    perform pg_notify('pgq_node', i_queue_name); -- wakes the worker
    select 200, 'Branch node promoted to root' into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
