create or replace function pgq._capture_row_trigger(i_table oid)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_row_trigger(1)
--      Finds a trigger whose own changes would be logged before the events
--      of the statement that fired it, if those were made at the end of the
--      statement: an enabled AFTER trigger that is not one of ours, for each
--      row, or for each statement and with a name before ours.
-- Returns:
--      Name of one such trigger, NULL if there is none.
-- ----------------------------------------------------------------------
    select min(t.tgname collate "C")
      from pg_trigger t
      join pg_proc f on f.oid = t.tgfoid
     where t.tgrelid = i_table
       and not t.tgisinternal
       and t.tgenabled <> 'D'
       and not t.tginitdeferred
       and (t.tgtype & 66) = 0                                      -- neither BEFORE (2) nor INSTEAD OF (64)
       and ((t.tgtype & 1) = 1 or t.tgname::text collate "C" < '_pgq_capture_')
       and f.pronamespace <> (select oid from pg_namespace where nspname = 'pgq');
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
