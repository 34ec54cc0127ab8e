create or replace function pgq.get_capture_info(
    in i_queue_name text,
    out queue_name text,
    out table_name text,
    out form text,
    out form_reason text,
    out options jsonb,
    out state text,
    out state_reason text,
    out trigger_names text[])
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_capture_info(1)
--      Tells which tables are captured into a queue.
-- Parameters:
--      i_queue_name    - queue, NULL for all
-- Returns:
--      form            - statement or row
--      form_reason     - why not statement
--      state           - ok, or stale: pgq.maint_capture has something to do
--      state_reason    - what
-- ----------------------------------------------------------------------
    select q.queue_name, c.capture_table::text, c.capture_form,
           case when t.oid is not null and c.capture_form = 'row'
                then (select coalesce(f.reason, 'option form') from pgq._capture_form(c.capture_table, c.capture_options) f) end,
           c.capture_options,
           case when s.reason is null then 'ok' else 'stale' end,
           s.reason,
           (select array_agg(g.trigger_name order by g.trigger_name)
              from pgq._capture_triggers(c.capture_queue, c.capture_options, c.capture_form) g)
      from pgq.capture c
      join pgq.queue q on q.queue_id = c.capture_queue
      left join pg_class t on t.oid = c.capture_table
     cross join lateral pgq._capture_stale(c.capture_id) as s(reason)
     where i_queue_name is null
        or q.queue_name = i_queue_name
     order by 1, 2;
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq.get_capture_info(
    out queue_name text,
    out table_name text,
    out form text,
    out form_reason text,
    out options jsonb,
    out state text,
    out state_reason text,
    out trigger_names text[])
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_capture_info(0)
--      The same for all queues.
-- ----------------------------------------------------------------------
    select * from pgq.get_capture_info(null);
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
