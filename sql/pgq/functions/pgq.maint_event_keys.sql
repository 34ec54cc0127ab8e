create or replace function pgq.maint_event_keys()
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.maint_event_keys(0)
--      Forget idempotency keys that have expired, at most 10000. To be called until it returns 0.
-- Returns:
--      number of keys
-- Tables directly manipulated:
--      delete - pgq.event_key
-- ----------------------------------------------------------------------
declare
    v_count integer;
begin
    -- a locked one is being used again; by place, because a join could read all keys
    delete from pgq.event_key k
        where k.ctid = any (array(
            select e.ctid
                from pgq.event_key e
                where e.ek_expire <= now()
                order by e.ek_expire
                limit 10000
                for update skip locked));
    get diagnostics v_count = row_count;
    return v_count;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
