create or replace function pgq.set_queue_config(x_queue_name text, x_param_name text, x_param_value text)
returns integer as $$
-- ----------------------------------------------------------------------
-- Function: pgq.set_queue_config(3)
--      Change one setting of a queue.
-- Parameters:
--      x_queue_name    - queue, must exist
--      x_param_name    - ticker_max_count, ticker_max_lag, ticker_idle_period, ticker_paused,
--                        rotation_period or external_ticker
--      x_param_value   - as text
-- Returns:
--      1
-- Tables directly manipulated:
--      update - pgq.queue
-- ----------------------------------------------------------------------
begin
    if x_queue_name is null or x_param_name is null then
        raise exception 'Invalid NULL value';
    end if;
    perform 1 from pgq.queue where queue_name = x_queue_name;
    if not found then
        raise exception 'No such event queue';
    end if;
    if x_param_name not in (
        'ticker_max_count', 'ticker_max_lag', 'ticker_idle_period', 'ticker_paused', 'rotation_period',
        'external_ticker')
    then
        raise exception 'cannot change parameter "%s"', x_param_name; -- clients match this text, with its letter s
    end if;
    if x_param_value is null then
        raise exception 'query string argument of EXECUTE is null' using errcode = 'null_value_not_allowed';
    end if;

    execute 'update pgq.queue set queue_' || x_param_name || ' = ' || quote_literal(x_param_value)
        || ' where queue_name = ' || quote_literal(x_queue_name);
    return 1;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
