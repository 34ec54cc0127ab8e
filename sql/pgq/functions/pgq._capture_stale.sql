create or replace function pgq._capture_stale(i_capture_id integer)
returns text as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_stale(1)
--      Tells why a capture has to be remade.
-- Returns:
--      Reason, NULL if it is as it should be.
-- ----------------------------------------------------------------------
declare
    v_capture   record;
    v_missing   text;
    v_form      record;
begin
    select * into v_capture from pgq.capture where capture_id = i_capture_id;
    if not exists (select from pg_class where oid = v_capture.capture_table) then
        return 'the table was dropped';
    end if;

    select min(t.trigger_name) into v_missing
      from pgq._capture_triggers(v_capture.capture_queue, v_capture.capture_options, v_capture.capture_form) t
     where not exists (
            select from pg_trigger g
             where g.tgrelid = v_capture.capture_table
               and g.tgname = t.trigger_name
               and g.tgfoid = to_regproc(format('pgq._capture_%s_%s', i_capture_id, t.letter)));
    if v_missing is not null then
        return format('trigger %s is missing', v_missing);
    end if;

    select * into v_form from pgq._capture_form(v_capture.capture_table, v_capture.capture_options);
    if v_form.form <> v_capture.capture_form then
        return format('the %s form is needed%s', v_form.form, coalesce(', because ' || v_form.reason, ''));
    elsif pgq._capture_signature(v_capture.capture_table) <> v_capture.capture_signature then
        return 'the table was altered';
    end if;
    return null;
end; $$ language plpgsql stable security definer set search_path = pg_catalog, pg_temp;
