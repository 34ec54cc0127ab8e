create or replace function londiste.get_valid_pending_fkeys(i_queue_name text)
returns setof londiste.pending_fkeys as $$
-- ----------------------------------------------------------------------
-- Function: londiste.get_valid_pending_fkeys(1)
--      Dropped foreign keys that can come back: both tables, or what they are
--      partitions of, are in sync in all queues that feed them. Each is
--      returned for one queue only.
-- ----------------------------------------------------------------------
    select p.*
      from londiste.pending_fkeys p
     cross join lateral (
        select londiste._table_with_parents(p.from_table) as from_names,
               londiste._table_with_parents(p.to_table) as to_names) k
     cross join lateral (
        select bool_and(t.merge_state is not null and t.merge_state = 'ok' and t.custom_snapshot is null) as is_ok,
               count(*) filter (where coalesce(t.dest_table, t.table_name) = any (k.from_names)) > 0
               and count(*) filter (where coalesce(t.dest_table, t.table_name) = any (k.to_names)) > 0 as is_whole,
               bool_or(t.queue_name = i_queue_name) as is_ours,
               coalesce(min(t.queue_name) filter (where c.node_type = 'root'),
                        min(n.combined_queue) filter (where c.node_type = 'branch'),
                        min(t.queue_name)) as queue
          from londiste.table_info t
          join pgq_node.node_info n on n.queue_name = t.queue_name
          left join pgq_node.node_info c on c.queue_name = n.combined_queue
         where t.local
           and coalesce(t.dest_table, t.table_name) = any (k.from_names || k.to_names)) s
     where s.is_ok and s.is_whole and s.is_ours and s.queue = i_queue_name
     order by p.from_table, p.to_table, p.fkey_name;
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
