create or replace function pgq.maint_triggers_needed()
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_triggers_needed(0)
--      Whether pgq.maint_triggers has something to do.
-- ----------------------------------------------------------------------
    select exists (
            select from pgq._row_triggers() r
             where not exists (
                select from pgq.compiled_trigger c
                 where c.ct_table = r.trigger_table and c.ct_name = r.trigger_name
                   and c.ct_format = r.format and c.ct_args = r.args_text and c.ct_shape = r.shape))
        or exists (
            select from pgq.compiled_trigger c
             where not exists (
                select from pg_trigger t
                 where t.tgrelid = c.ct_table and t.tgname = c.ct_name and t.oid = c.ct_trigger));
$$ language sql stable security definer set search_path = pg_catalog, pg_temp;
