create or replace function pgq._tick_is_due(
    i_new bigint, i_lag interval, i_gap interval, i_max_count integer, i_max_lag interval, i_idle_period interval)
returns boolean as $$
-- ----------------------------------------------------------------------
-- Function: pgq._tick_is_due(6)
--      When a queue gets its next tick. Inlined into the statements that call it, all with a safe search_path.
-- Parameters:
--      i_new           - events since the newest tick
--      i_lag           - age of the newest tick
--      i_gap           - time between the newest tick and the one before; null: there is only one
--      i_max_count     - settings of the queue
--      i_max_lag
--      i_idle_period
-- Returns:
--      with events: when there are many, or the tick is old. Without: the distance between ticks doubles up to the
--      idle period. A tick from the future means that the clock was set back.
-- ----------------------------------------------------------------------
    select case
        when i_lag < -i_max_lag then true
        when i_new > 0 then i_new >= i_max_count or i_lag >= i_max_lag
        when i_gap is null then true
        else i_lag >= i_max_lag / 2 and (i_lag >= i_gap * 2 or i_lag >= i_idle_period)
    end;
$$ language sql immutable;
