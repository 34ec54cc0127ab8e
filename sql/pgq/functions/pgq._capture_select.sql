create or replace function pgq._capture_select(
    i_table oid,
    i_options jsonb,
    i_op text,
    i_new text,
    i_old text,
    i_mode text,
    i_dynamic boolean default false)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_select(7)
--      A SELECT that makes the events of an operation, in the order in which
--      jsontriga would log them.
-- Parameters:
--      i_new       - SQL in FROM that gives the new rows
--      i_old       - SQL in FROM that gives the old rows
--      i_mode      - what is known of an update:
--                    many: any number of rows; one that changes the key makes
--                          a DELETE and an INSERT event
--                    pair: the same for one row
--                    one:  no event unless it is one row whose key did not
--                          change
--                    new:  the keys are unchanged and nothing of the old rows
--                          is needed
--                    keys: makes no events, but a row for each changed key
--      i_dynamic   - as in pgq._capture_side
-- Returns:
--      SELECT of ev_type, ev_data, ev_extra1 ... ev_extra4
-- ----------------------------------------------------------------------
declare
    v_key       text;
    v_columns   text;
    v_logged    text;
    v_array     text[];
    v_virtual   constant text[] := array(
                    select attname::text from pg_attribute where attrelid = i_table and attnum > 0 and attgenerated = 'v');
    v_number    text;   -- a name that no column has
    v_pairs     text;
    v_events    text;
begin
    select coalesce(string_agg(is_equal, ' and ') filter (where is_key), 'true'),
           string_agg(', ' || quote_ident(col_name), '') filter (where (is_key or i_mode <> 'keys') and col_name <> all (v_virtual)),
           -- with ignore: something else changed, or nothing at all
           case when i_options ? 'ignore' then
                concat('(', string_agg('not ' || is_equal || ' or ', '') filter (where not is_ignored and not is_magic),
                       coalesce(string_agg(is_equal, ' and ') filter (where is_ignored or is_magic), 'true'), ')')
           end
      into v_key, v_columns, v_logged
      from pgq._capture_columns(i_table, i_options);

    select '_pgq_rn' || repeat('_', i) into v_number
      from generate_series(0, 50) i
     where not exists (select from pg_attribute where attrelid = i_table and attname = '_pgq_rn' || repeat('_', i))
     order by i
     limit 1;

    -- a full join cannot be planned as a nested loop, which a plan made for few rows would be and later get many
    v_pairs := format('(select pg_catalog.row_number() over () as %4$s%1$s from %2$s) o '
                      'full join (select pg_catalog.row_number() over () as %4$s%1$s from %3$s) n '
                      'on o.%4$s operator(pg_catalog.=) n.%4$s', v_columns, i_old, i_new, v_number);

    if i_op = 'INSERT' or i_op = 'UPDATE' and i_mode = 'new' then
        v_events := format('%s n cross join lateral (%s) e', i_new,
                           pgq._capture_side(i_table, i_options, i_op, 'n', 1, null, i_dynamic));
    elsif i_op = 'DELETE' then
        v_events := format('%s o cross join lateral (%s) e', i_old,
                           pgq._capture_side(i_table, i_options, i_op, 'o', 1, null, i_dynamic));
    elsif i_op = 'TRUNCATE' then
        v_events := format('(%s) e', pgq._capture_side(i_table, i_options, i_op, 'n', 1, null, i_dynamic));
    elsif i_mode = 'keys' then
        return format('select from %s where not (%s)', v_pairs, v_key);
    elsif i_mode = 'one' then
        v_array := pgq._capture_array_keys(i_table, i_options);
        if v_logged is null and cardinality(v_array) = 1 and not coalesce((i_options->>'backup')::boolean, false) then
            -- cheaper to start than a join
            v_events := format('%s n cross join lateral (%s) e', i_new,
                pgq._capture_side(i_table, i_options, i_op, 'n', 1,
                    format('array[n.%1$s] operator(pg_catalog.=) array(select o.%1$s from %2$s o limit 2)', v_array[1], i_old), i_dynamic));
        else
            v_events := format('%s o cross join %s n cross join lateral (%s) e', i_old, i_new,
                pgq._capture_side(i_table, i_options, i_op, 'n', 1,
                    concat_ws(' and ', 'not exists (select from ' || i_new || ' offset 1)', v_key, v_logged), i_dynamic));
        end if;
    else
        v_events := format('%s cross join lateral (%s union all %s union all %s) e order by %s',
            case i_mode when 'many' then v_pairs else format('%s o cross join %s n', i_old, i_new) end,
            pgq._capture_side(i_table, i_options, 'DELETE', 'o', 1, format('not (%s)', v_key), i_dynamic),
            pgq._capture_side(i_table, i_options, 'INSERT', 'n', 2, format('not (%s)', v_key), i_dynamic),
            pgq._capture_side(i_table, i_options, 'UPDATE', 'n', 3, concat_ws(' and ', v_key, v_logged), i_dynamic),
            case i_mode when 'many' then format('n.%s, e.part', v_number) else 'e.part' end);
    end if;
    return 'select e.ev_type, e.ev_data, e.ev_extra1, e.ev_extra2, e.ev_extra3, e.ev_extra4 from ' || v_events;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
