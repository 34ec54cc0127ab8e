create or replace function londiste.get_table_list(
    in i_queue_name text,
    out table_name text,
    out local boolean,
    out merge_state text,
    out custom_snapshot text,
    out table_attrs text,
    out dropped_ddl text,
    out copy_role text,
    out copy_pos int4,
    out dest_table text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.get_table_list(1)
--      The tables of a set, as this node knows them.
-- Parameters:
--      i_queue_name    - queue of the set
-- Returns:
--      copy_role       - what the copy of a merged table has to wait for:
--                        lead, wait-copy, wait-replay, or NULL
--      copy_pos        - number of copies that go first
--      dest_table      - the table's local name if it is another one
-- ----------------------------------------------------------------------
    -- not called where it is given a NULL: it looks at all tables
    select t.table_name, t.local, t.merge_state, t.custom_snapshot, t.table_attrs, t.dropped_ddl,
           c.copy_role, coalesce(c.copy_pos, 0), t.dest_table
      from londiste.table_info t
     cross join lateral londiste._coordinate_copy(
               case when t.merge_state in ('in-copy', 'catching-up') then t.queue_name end, t.table_name) c
     where t.queue_name = i_queue_name
     order by t.nr, t.table_name;
$$ language sql strict stable set search_path = pg_catalog, pg_temp;
