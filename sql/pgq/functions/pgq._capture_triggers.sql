create or replace function pgq._capture_triggers(
    i_queue_id integer,
    i_options jsonb,
    i_form text,
    out letter text,
    out trigger_name text,
    out events text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_triggers(3)
--      The triggers that a capture consists of.
-- Returns:
--      events  - what goes between the name of the trigger and EXECUTE, %s
--                for the table
-- ----------------------------------------------------------------------
    select t.letter, format('_pgq_capture_%s_%s', i_queue_id, t.letter), t.events
      from (values ('i', 'INSERT', 'statement', 'after insert on %s referencing new table as new_table for each statement'),
                   ('u', 'UPDATE', 'statement', 'after update on %s referencing old table as old_table new table as new_table for each statement'),
                   ('d', 'DELETE', 'statement', 'after delete on %s referencing old table as old_table for each statement'),
                   ('t', 'TRUNCATE', i_form, 'after truncate on %s for each statement')) as t (letter, op, form, events)
     where t.form = i_form
       and (not i_options ? 'ops' or i_options->'ops' ? t.op)
    union all
    select 'r', format('_pgq_capture_%s_r', i_queue_id),
           'after ' || string_agg(lower(o.op), ' or ' order by o.pos) || ' on %s for each row'
      from unnest(array['INSERT', 'UPDATE', 'DELETE']) with ordinality as o (op, pos)
     where i_form = 'row'
       and (not i_options ? 'ops' or i_options->'ops' ? o.op)
    having count(*) > 0;
$$ language sql immutable set search_path = pg_catalog, pg_temp;
