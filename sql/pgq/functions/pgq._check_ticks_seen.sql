create or replace function pgq._check_ticks_seen(i_queue_id integer, i_newest_seen bigint, i_last_id bigint)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: pgq._check_ticks_seen(3)
--      Fail with a serialization failure (40001) when there is a tick that the snapshot of this transaction does not
--      see: a tick made now would have a higher id but an older snapshot, and events would be delivered twice.
--
--      The only thing that sees such a row is the unique index. So each id that was drawn and that we see no
--      tick of is inserted and taken back: a gap lets that pass, an invisible tick does not.
-- Parameters:
--      i_queue_id      - queue; its ticks must be locked by pgq.ticker
--      i_newest_seen   - newest tick we see, null: none
--      i_last_id       - last id that was drawn, null: none
-- Tables directly manipulated:
--      insert - pgq.tick, always rolled back
-- ----------------------------------------------------------------------
declare
    v_id    bigint := coalesce(i_newest_seen, 0) + 1;
begin
    while v_id <= i_last_id loop
        begin
            insert into pgq.tick (tick_queue, tick_id, tick_event_seq)
                values (i_queue_id, v_id, 0)
                on conflict do nothing;
            raise exception using errcode = 'PGQ00', message = 'a gap';
        exception
            when sqlstate 'PGQ00' then null;
        end;
        v_id := v_id + 1;
    end loop;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
