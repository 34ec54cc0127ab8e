create or replace function pgq_node.set_global_watermark(i_queue_name text, i_watermark bigint, out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.set_global_watermark(2)
--      Moves the tick up to which no node needs anything any more. A root tells all others by an event.
-- Parameters:
--      i_queue_name    - cascaded queue
--      i_watermark     - tick of the queue; null: the local watermark (root only)
-- Returns:
--      100 - Ignoring global watermark in leaf
--      200 - it is set, or skipped because the branch has no such tick
--      404 - queue not found
--      500 - null on a branch
-- Calls:
--      pgq.register_consumer_at, pgq.insert_event
-- Tables directly manipulated:
--      update - pgq_node.local_state
-- ----------------------------------------------------------------------
declare
    v_node      record;
    v_tick      bigint := i_watermark;
begin
    select n.node_type, n.worker_name
      into v_node
      from pgq_node.node_info n
     where n.queue_name = i_queue_name
       for update;
    if not found then
        select 404, 'Queue' || i_queue_name || ' not found' into ret_code, ret_note;
        return;
    end if;

    if v_node.node_type = 'root' then
        if v_tick is null then
            v_tick := pgq_node._local_watermark(i_queue_name);
            if v_tick is null then
                raise exception 'local_watermark=NULL from get_node_info()?';
            end if;
        end if;
        perform pgq.register_consumer_at(i_queue_name, '.global_watermark', v_tick);
        perform pgq.insert_event(i_queue_name, 'pgq.global-watermark', v_tick::text, i_queue_name, null, null, null);
        -- a root's worker reads nothing: this keeps its position from looking old
        update pgq_node.local_state s
           set last_tick_id = v_tick
         where s.queue_name = i_queue_name and s.consumer_name = v_node.worker_name;
    elsif v_node.node_type = 'branch' then
        if v_tick is null then
            select 500, 'bad usage: wm=null on branch node' into ret_code, ret_note;
            return;
        end if;
        perform 1
           from pgq.tick t
          where t.tick_queue = (select q.queue_id from pgq.queue q where q.queue_name = i_queue_name)
            and t.tick_id = v_tick;
        if not found then
            select 200, 'Skipping global watermark update to ' || v_tick into ret_code, ret_note;
            return;
        end if;
        perform pgq.register_consumer_at(i_queue_name, '.global_watermark', v_tick);
    else
        select 100, 'Ignoring global watermark in leaf' into ret_code, ret_note;
        return;
    end if;
    select 200, 'Global watermark set to ' || v_tick into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
