create or replace function pgq_ext.get_last_tick(
    a_consumer text,
    a_subconsumer text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.get_last_tick(2)
--      The tick up to which the consumer has applied events here.
-- Parameters:
--      a_consumer      - consumer name
--      a_subconsumer   - subconsumer name, '' if there is none
-- Returns:
--      Tick id; NULL if nothing was stored.
-- ----------------------------------------------------------------------
declare
    _tick_id bigint;
begin
    select t.last_tick_id
      into _tick_id
      from pgq_ext.completed_tick t
     where t.consumer_id = a_consumer
       and t.subconsumer_id = a_subconsumer;
    return _tick_id;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;

create or replace function pgq_ext.get_last_tick(a_consumer text)
returns bigint as $$
-- ----------------------------------------------------------------------
-- Function: pgq_ext.get_last_tick(1)
--      The same for subconsumer ''.
-- ----------------------------------------------------------------------
begin
    return pgq_ext.get_last_tick(a_consumer, '');
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
