create or replace function londiste.local_show_missing(
    in i_queue_name text,
    out obj_kind text,
    out obj_name text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.local_show_missing(1)
--      What could be added on this node: on the root the tables of the
--      database that are not in the set, and all sequences; elsewhere what is
--      in the set and not local.
-- Returns:
--      obj_kind    - r table, S sequence
-- ----------------------------------------------------------------------
begin
    if pgq_node.is_root_node(i_queue_name) then
        return query
            select c.relkind::text, n.nspname || '.' || c.relname
              from pg_class c
              join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'S')
               and n.nspname not in ('pgq', 'pgq_ext', 'pgq_node', 'pgq_coop', 'londiste', 'pg_catalog', 'information_schema')
               and n.nspname !~ '^pg_(toast|temp)'
               and not exists (
                    select from londiste.table_info t
                     where t.queue_name = i_queue_name
                       and t.local
                       and coalesce(t.dest_table, t.table_name) = n.nspname || '.' || c.relname)
             order by 1, 2;
    else
        return query
            select 'S'::text, s.seq_name from londiste.seq_info s where s.queue_name = i_queue_name and not s.local
            union all
            select 'r'::text, t.table_name from londiste.table_info t where t.queue_name = i_queue_name and not t.local
             order by 1, 2;
    end if;
end; $$ language plpgsql strict stable set search_path = pg_catalog, pg_temp;
