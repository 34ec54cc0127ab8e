-- Who may do what: the public may ask, readers may subscribe a node, writers may run a cascaded consumer, administrators the rest.
do $grants$
declare
    c_public constant text[] := array['is_root_node', 'is_leaf_node', 'version'];
    c_reader constant text[] := array[
        'get_consumer_info', 'get_consumer_state', 'get_queue_locations', 'get_node_info', 'get_subscriber_info',
        'register_subscriber', 'unregister_subscriber', 'set_subscriber_watermark'];
    c_writer constant text[] := array[
        'register_consumer', 'unregister_consumer', 'change_consumer_provider', 'set_consumer_uptodate',
        'set_consumer_paused', 'set_consumer_completed', 'set_consumer_error'];
    c_admin constant text[] := array[
        'create_node', 'drop_node', 'demote_root', 'promote_branch', 'set_node_attrs', 'get_worker_state',
        'set_global_watermark', 'set_partition_watermark',
        'register_location', 'unregister_location', 'rename_node', 'upgrade_schema', 'maint_watermark'];
    f record;
begin
    for f in
        select p.oid::pg_catalog.regprocedure as signature,
               case
                   when p.proname = any (c_public) then 'public'
                   when p.proname = any (c_reader) then 'pgq_reader, pgq_writer, pgq_admin'
                   when p.proname = any (c_writer) then 'pgq_writer, pgq_admin'
                   when p.proname = any (c_admin) then 'pgq_admin'
               end as grantees
          from pg_catalog.pg_proc p
         where p.pronamespace = 'pgq_node'::pg_catalog.regnamespace
    loop
        -- what others have put here is theirs
        continue when f.grantees is null and f.signature::text not like 'pgq\_node.\_%';
        execute pg_catalog.format('revoke all on function %s from public, pgq_reader, pgq_writer, pgq_admin', f.signature);
        if f.grantees is not null then
            execute pg_catalog.format('grant execute on function %s to %s', f.signature, f.grantees);
        end if;
    end loop;
end $grants$;

revoke all on pgq_node.node_location, pgq_node.node_info, pgq_node.local_state, pgq_node.subscriber_info
    from public, pgq_reader, pgq_writer, pgq_admin;
grant select on pgq_node.node_location, pgq_node.node_info, pgq_node.local_state, pgq_node.subscriber_info
    to pgq_reader, pgq_writer, pgq_admin;
grant insert, update, delete on pgq_node.node_location, pgq_node.node_info, pgq_node.local_state, pgq_node.subscriber_info
    to pgq_admin;
