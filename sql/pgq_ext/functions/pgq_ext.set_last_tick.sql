create or replace function pgq_ext.set_last_tick(
    a_consumer text,
    a_subconsumer text,
    a_tick_id bigint)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.set_last_tick(3)
--      Stores the tick up to which the consumer has applied events here.
--      Call it in the transaction that does the work. Values are not
--      compared: comparing with the batch's ticks is the consumer's part.
-- Parameters:
--      a_consumer      - consumer name
--      a_subconsumer   - subconsumer name, '' if there is none
--      a_tick_id       - tick id; NULL forgets the position
-- Returns:
--      Always 1.
-- Tables directly manipulated:
--      insert/update/delete - pgq_ext.completed_tick
-- ----------------------------------------------------------------------
begin
    if a_tick_id is null then
        delete from pgq_ext.completed_tick t
         where t.consumer_id = a_consumer
           and t.subconsumer_id = a_subconsumer;
    else
        insert into pgq_ext.completed_tick (consumer_id, subconsumer_id, last_tick_id)
        values (a_consumer, a_subconsumer, a_tick_id)
        on conflict (consumer_id, subconsumer_id) do update
            set last_tick_id = excluded.last_tick_id;
    end if;
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq_ext.set_last_tick(
    a_consumer text,
    a_tick_id bigint)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.set_last_tick(2)
--      The same for subconsumer ''.
-- ----------------------------------------------------------------------
begin
    return pgq_ext.set_last_tick(a_consumer, '', a_tick_id);
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
