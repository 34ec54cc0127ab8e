create or replace function pgq_node.set_partition_watermark(
    i_combined_queue_name text, i_part_queue_name text, i_watermark bigint,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.set_partition_watermark(3)
--      On a combined branch: up to where the events of a part queue have come through the combined queue. The worker
--      of the leaf, which waits behind, goes on from there when this node takes over.
-- Parameters:
--      i_combined_queue_name   - queue whose local node is a branch
--      i_part_queue_name       - queue whose local node is a leaf that writes into that one
--      i_watermark             - tick of the part queue
-- Returns:
--      200 - Ok
--      201 - Part-queue does not exist
--      401 - Worker registration not found
-- Tables directly manipulated:
--      update - pgq_node.local_state
-- ----------------------------------------------------------------------
declare
    v_worker    text;
begin
    select p.worker_name
      into v_worker
      from pgq_node.node_info p, pgq_node.node_info c
     where p.queue_name = i_part_queue_name
       and p.node_type = 'leaf'
       and p.combined_queue = i_combined_queue_name
       and c.queue_name = i_combined_queue_name
       and c.node_type = 'branch';
    if not found then
        select 201, 'Part-queue does not exist' into ret_code, ret_note;
        return;
    end if;

    update pgq_node.local_state s
       set last_tick_id = i_watermark
     where s.queue_name = i_part_queue_name and s.consumer_name = v_worker;
    if found then
        select 200, 'Ok' into ret_code, ret_note;
    else
        select 401, 'Worker registration not found' into ret_code, ret_note;
    end if;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
