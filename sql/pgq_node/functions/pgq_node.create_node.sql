create or replace function pgq_node.create_node(
    i_queue_name text, i_node_type text, i_node_name text, i_worker_name text, i_provider_name text,
    i_global_watermark bigint, i_combined_queue text,
    out ret_code int4, out ret_note text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq_node.create_node(7)
--      Makes the local node of a cascaded queue. Its location, and that of its provider, must be registered.
-- Parameters:
--      i_queue_name        - cascaded queue
--      i_node_type         - root, branch or leaf
--      i_node_name         - name of the local node
--      i_worker_name       - consumer that will maintain it
--      i_provider_name     - node that the worker reads from; null for a root
--      i_global_watermark  - where the worker starts, from register_subscriber() on the provider; null for a root
--      i_combined_queue    - leaf: local queue that its events go to, or null
-- Returns:
--      200 - the node is there
--      401 - Node already initialized, or arguments that do not fit
-- Calls:
--      pgq.create_queue, pgq.register_consumer, pgq.register_consumer_at, pgq.ticker, pgq_node.register_consumer
-- Tables directly manipulated:
--      insert - pgq_node.node_info
--      update - pgq.queue
-- ----------------------------------------------------------------------
declare
    v_provider  text := i_provider_name;
    v_tick      bigint := i_global_watermark;
begin
    perform 1 from pgq_node.node_info n where n.queue_name = i_queue_name;
    if found then
        select 401, 'Node already initialized' into ret_code, ret_note;
        return;
    end if;

    if i_node_type = 'root' then
        if coalesce(i_provider_name, i_global_watermark::text, i_combined_queue) is not null then
            select 401, 'unexpected args for root' into ret_code, ret_note;
            return;
        end if;
        perform pgq.create_queue(i_queue_name);
        perform pgq.register_consumer(i_queue_name, '.global_watermark');
        v_provider := i_node_name;
        v_tick := pgq_node._consumer_tick(i_queue_name, '.global_watermark');
    elsif i_node_type = 'branch' then
        if i_provider_name is null then
            select 401, 'provider not set for branch' into ret_code, ret_note;
            return;
        end if;
        if i_global_watermark is null then
            select 401, 'global watermark not set for branch' into ret_code, ret_note;
            return;
        end if;
        perform pgq.create_queue(i_queue_name);
        update pgq.queue q
           set queue_external_ticker = true, queue_disable_insert = true
         where q.queue_name = i_queue_name;
        if i_global_watermark > 1 then -- create_queue has made tick 1
            perform pgq.ticker(i_queue_name, i_global_watermark, now(), 1);
        end if;
        perform pgq.register_consumer_at(i_queue_name, '.global_watermark', i_global_watermark);
    elsif i_node_type = 'leaf' and i_combined_queue is not null then
        perform 1 from pgq.queue q where q.queue_name = i_combined_queue;
        if not found then
            select 401, 'non-existing queue on leaf side: ' || i_combined_queue into ret_code, ret_note;
            return;
        end if;
    end if;

    -- the checks of the table refuse every other type
    insert into pgq_node.node_info (queue_name, node_type, node_name, worker_name, combined_queue)
    values (i_queue_name, i_node_type, i_node_name, i_worker_name, i_combined_queue);

    select f.ret_code, f.ret_note
      into ret_code, ret_note
      from pgq_node.register_consumer(i_queue_name, i_worker_name, v_provider, v_tick) f;
    if ret_code <> 200 then
        return;
    end if;

    select 200, 'Node "' || i_node_name || '" initialized for queue "' || i_queue_name
                || '" with type "' || i_node_type || '"'
      into ret_code, ret_note;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
