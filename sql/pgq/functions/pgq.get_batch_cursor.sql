create or replace function pgq.get_batch_cursor(
    i_batch_id bigint, i_cursor_name text, i_quick_limit integer, i_extra_where text,
    out ev_id bigint, out ev_time timestamptz, out ev_txid bigint, out ev_retry integer,
    out ev_type text, out ev_data text,
    out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_batch_cursor(4)
--      Declare a cursor over the events of a batch and return the first of them.
-- Parameters:
--      i_batch_id      - open batch
--      i_cursor_name   - name for the cursor
--      i_quick_limit   - how many events to return at once
--      i_extra_where   - condition over the columns below, or null; it is SQL text of the caller, runs with the
--                        rights and the search_path of the caller (so no "set search_path" here)
-- Returns:
--      the first i_quick_limit events; FETCH on the cursor gives the rest. Nothing when one of the first three is null.
-- Calls:
--      pgq.batch_event_sql
-- ----------------------------------------------------------------------
declare
    v_sql   pg_catalog.text;
begin
    if i_batch_id is null or i_cursor_name is null or i_quick_limit is null then
        return;
    end if;

    v_sql := pgq.batch_event_sql(i_batch_id);
    if i_extra_where is not null then
        v_sql := pg_catalog.concat(
            'select ev_id, ev_time, ev_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4',
            ' from (', v_sql, ') u where ', i_extra_where, ' order by 1');
    end if;
    execute pg_catalog.concat('declare ', pg_catalog.quote_ident(i_cursor_name), ' no scroll cursor for ', v_sql);

    if i_quick_limit operator(pg_catalog.>) 0 then
        return query execute pg_catalog.concat('fetch ', i_quick_limit, ' from ', pg_catalog.quote_ident(i_cursor_name));
    end if;
end; $$ language plpgsql;


create or replace function pgq.get_batch_cursor(
    i_batch_id bigint, i_cursor_name text, i_quick_limit integer,
    out ev_id bigint, out ev_time timestamptz, out ev_txid bigint, out ev_retry integer,
    out ev_type text, out ev_data text,
    out ev_extra1 text, out ev_extra2 text, out ev_extra3 text, out ev_extra4 text)
returns setof record as $$
-- ----------------------------------------------------------------------
-- Function: pgq.get_batch_cursor(3)
--      The same without a condition.
-- ----------------------------------------------------------------------
begin
    return query
        select * from pgq.get_batch_cursor(i_batch_id, i_cursor_name, i_quick_limit, null);
end; $$ language plpgsql strict;
