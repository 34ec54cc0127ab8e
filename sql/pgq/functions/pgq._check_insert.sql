create or replace function pgq._check_insert(i_queue_name text, i_queue_id integer, i_count integer)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq._check_insert(3)
--      All that stands between a producer and a table of the queue. Must be called after txid_current().
-- Parameters:
--      i_queue_name    - for messages
--      i_queue_id      - queue
--      i_count         - number of events to be inserted now
-- Returns:
--      number of the table to write to; null when there is no such queue
-- Calls:
--      pgq._check_tx_limit, pgq._current_table_number
-- ----------------------------------------------------------------------
declare
    q   record;
begin
    select queue_cur_table, queue_disable_insert, queue_per_tx_limit into q
        from pgq.queue
        where queue_id = i_queue_id;
    if not found then
        return null;
    end if;
    if q.queue_disable_insert and current_setting('session_replication_role') <> 'replica'
       and pgq._replay_role() is distinct from 'replica'
    then
        raise exception 'Insert into queue disallowed';
    end if;
    if q.queue_per_tx_limit >= 0 then
        perform pgq._check_tx_limit(i_queue_name, i_queue_id, q.queue_per_tx_limit, i_count);
    end if;
    return pgq._current_table_number(i_queue_id, q.queue_cur_table);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
