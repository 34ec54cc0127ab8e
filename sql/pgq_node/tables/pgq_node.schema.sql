-- Locks are taken in this order everywhere: the queue's row of node_info, then those of schema pgq in the order written
-- there, then rows of node_location, local_state, subscriber_info.
do $schema$
begin
    if pg_catalog.to_regnamespace('pgq') is null then
        raise exception 'pgq_node needs schema pgq'
            using hint = 'install pgq first';
    end if;
    -- "create schema if not exists" would want the right to create one even when it is there
    if pg_catalog.to_regnamespace('pgq_node') is null then
        create schema pgq_node;
        comment on schema pgq_node is 'PgQ: queues that are copied through a tree of databases';
    end if;
    grant usage on schema pgq_node to public;

    -- the result of older versions has no target_for, and a result cannot be replaced
    if pg_catalog.to_regprocedure('pgq_node.get_node_info(text)') is not null
       and not exists (select from pg_catalog.pg_proc p
                        where p.oid = pg_catalog.to_regprocedure('pgq_node.get_node_info(text)')
                          and 'target_for' = any (p.proargnames))
    then
        drop function pgq_node.get_node_info(text);
    end if;
end $schema$;
