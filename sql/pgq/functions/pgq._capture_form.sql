create or replace function pgq._capture_form(
    i_table oid,
    i_options jsonb,
    out form text,
    out reason text,
    out as_user boolean)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_form(2)
--      Which form of triggers a table needs.
-- Returns:
--      form    - statement, or row if triggers at the end of the statement
--                cannot see or order the rows, or must not evaluate them
--      reason  - why the row form is needed, NULL if it is not
--      as_user - the trigger function runs code that is not the server's own
--                and must do so with the rights of the user who changes the
--                table
-- ----------------------------------------------------------------------
declare
    v_class     record;
    v_expr      text;
    v_column    text;
    v_trigger   text := pgq._capture_row_trigger(i_table);
begin
    select c.relkind, c.relispartition,
           exists (select from pg_inherits i where i.inhrelid = c.oid or i.inhparent = c.oid) as is_inherited
      into v_class
      from pg_class c
     where c.oid = i_table;
    select min(key) into v_expr
      from jsonb_each_text(i_options)
     where key = 'when'
        or key in ('ev_type', 'ev_data', 'ev_extra1', 'ev_extra2', 'ev_extra3', 'ev_extra4') and not pgq._capture_is_constant(value);
    -- operators run for key columns, and for all of them to find out what an update changed
    select min(col_name) into v_column
      from pgq._capture_columns(i_table, i_options)
     where runs_user_code
       and (is_key or i_options ? 'ignore');

    as_user := v_expr is not null or v_column is not null;
    reason := case
        when v_class.relkind = 'p' then 'it is partitioned'
        when v_class.relkind = 'f' then 'it is a foreign table'
        when v_class.relispartition then 'it is a partition'
        when v_class.is_inherited then 'it has parents or children by inheritance'
        when v_expr is not null then format('option %s is evaluated for each row', v_expr)
        when v_column is not null then format('column %s must be compared by an operator that is not built in', v_column)
        when v_trigger is not null then format('changes made by trigger %s would be logged too early', v_trigger)
    end;
    form := case when reason is not null or i_options->>'form' = 'row' then 'row' else 'statement' end;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
