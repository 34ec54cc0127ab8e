-- The schema itself, and the rule for locks.
--
-- Every function that needs several of these locks takes them in this order, so that two of them never wait for each
-- other:
--   1. advisory locks (classid 7366513): installation (objid 0), a queue's ticker (objid = queue_id)
--   2. pgq.queue          rows
--   3. pgq.subscription   rows
--   4. pgq.consumer       rows
--   5. pgq.retry_queue    table lock, rows
--   6. pgq.tick           rows
--   7. event tables of a queue
--   8. pg_proc            rewriting pgq._insert_dispatch, under a lock that is only tried for (objid -2)
do $$
begin
    -- "if not exists" asks for the right to create schemas even when there is nothing to create
    if to_regnamespace('pgq') is null then
        create schema pgq;
    end if;
end $$;

grant usage on schema pgq to public;
