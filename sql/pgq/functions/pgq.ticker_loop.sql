create or replace procedure pgq.ticker_loop(
    i_seconds double precision default 0.95, i_interval double precision default 0.05)
as $$
-- ----------------------------------------------------------------------
-- Procedure: pgq.ticker_loop(2)
--      Tick all queues many times within one call, for schedulers like pg_cron that can call once a second, as
--      pgq.ticker_now does: soon after events, with notifications. A queue
--      that fails is reported with a warning and does not stop the others. While another session runs
--      it for this database the call returns at once.
-- Parameters:
--      i_seconds       - how long to go on; the defaults fit one call a second
--      i_interval      - pause between two rounds, in seconds
-- Needs pgq_admin. Commits, so it must be called outside of a transaction block.
-- Calls:
--      pgq.ticker_now
-- ----------------------------------------------------------------------
declare
    v_end   pg_catalog.timestamptz := pg_catalog.clock_timestamp() operator(pg_catalog.+) pg_catalog.make_interval(secs => i_seconds);
    v_name  pg_catalog.text;
begin
    if i_seconds is null or i_seconds operator(pg_catalog.<) 0 then
        raise exception 'ticker_loop: i_seconds must not be negative or NULL';
    end if;
    if i_interval is null or i_interval operator(pg_catalog.<=) 0 then
        raise exception 'ticker_loop: i_interval must be greater than 0';
    end if;

    loop
        -- taken anew in each transaction: a lock of the session would outlive a canceled call
        exit when not pg_catalog.pg_try_advisory_xact_lock(7366513, -1);
        begin
            perform from pgq.ticker_now(null);
        exception
            when others then
                -- some queue is bad: one after the other, so that the others have their ticks
                for v_name in
                    select queue_name
                        from pgq.queue
                        where not queue_external_ticker and not queue_ticker_paused
                        order by queue_name
                loop
                    begin
                        perform from pgq.ticker_now(array[v_name]);
                    exception
                        when others then
                            raise warning 'ticker_loop: queue % has no tick: %', v_name, sqlerrm;
                    end;
                end loop;
        end;
        commit;
        exit when pg_catalog.clock_timestamp()
            operator(pg_catalog.+) pg_catalog.make_interval(secs => i_interval) operator(pg_catalog.>) v_end;
        perform pg_catalog.pg_sleep(i_interval);
    end loop;
end; $$ language plpgsql;
