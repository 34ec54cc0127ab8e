-- The schema has no tables: a subconsumer is a row of pgq.subscription named <consumer>.<subconsumer>, with the sub_id of
-- its main consumer.
--      idle:       sub_last_tick, sub_next_tick, sub_batch are null
--      working:    all three are set
-- The main consumer's row holds the end of the last batch that was handed out, and never an open batch.
--
-- Locks are taken in this order everywhere: advisory lock of registration, subscription of the main consumer, pgq.consumer,
-- subscriptions of subconsumers.
do $schema$
begin
    if pg_catalog.to_regnamespace('pgq') is null then
        raise exception 'pgq_coop needs schema pgq'
            using hint = 'install pgq first';
    end if;
    -- "create schema if not exists" would want the right to create one even when it is there
    if pg_catalog.to_regnamespace('pgq_coop') is null then
        create schema pgq_coop;
        comment on schema pgq_coop is 'PgQ: several workers share the batches of one consumer';
    end if;
    grant usage on schema pgq_coop to public;
end $schema$;
