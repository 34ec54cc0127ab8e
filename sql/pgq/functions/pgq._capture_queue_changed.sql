create or replace function pgq._capture_queue_changed()
returns trigger as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_queue_changed(0)
--      Trigger on pgq.queue: a setting changed on which plans of generated
--      capture functions depend. Touching the functions makes every session
--      plan them again.
-- ----------------------------------------------------------------------
declare
    v_name  text;
begin
    lock table pgq.capture in share row exclusive mode; -- not while they are being replaced
    for v_name in
        select unnest(capture_functions) from pgq.capture where capture_queue = new.queue_id
    loop
        execute format('alter function pgq.%I() cost 100', v_name);
    end loop;
    return null;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

do $$
begin
    if not exists (select from pg_catalog.pg_trigger where tgrelid = 'pgq.queue'::regclass and tgname = '_pgq_capture') then
        create trigger _pgq_capture after update of queue_disable_insert, queue_per_tx_limit on pgq.queue
            for each row
            when (old.queue_disable_insert is distinct from new.queue_disable_insert
                  or old.queue_per_tx_limit is distinct from new.queue_per_tx_limit)
            execute function pgq._capture_queue_changed();
        alter table pgq.queue enable always trigger _pgq_capture;
    end if;
end $$;
