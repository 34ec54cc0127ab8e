create or replace function londiste._key_is_dropped(i_queue_name text, i_dest_table text)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: londiste._key_is_dropped(2)
--      True while the copy of another queue into the same table has taken
--      its key away.
-- ----------------------------------------------------------------------
    select exists (
        select from pgq_node.node_info me
          join pgq_node.node_info n
            on n.combined_queue is not distinct from me.combined_queue
           and n.queue_name <> me.queue_name
          join londiste.table_info t on t.queue_name = n.queue_name
         where me.queue_name = i_queue_name
           and coalesce(t.dest_table, t.table_name) = i_dest_table
           and t.dropped_ddl is not null);
$$ language sql stable set search_path = pg_catalog, pg_temp;
