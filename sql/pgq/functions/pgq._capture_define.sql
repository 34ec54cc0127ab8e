create or replace function pgq._capture_define(
    i_queue_name text,
    i_table regclass,
    i_options jsonb,
    out result text,
    out ddl text[])
returns record as $$
-- ----------------------------------------------------------------------
-- Function: pgq._capture_define(3)
--      The part of pgq.create_capture that needs the rights of the schema's
--      owner: the row in pgq.capture and the trigger functions.
-- Returns:
--      result  - created, changed, unchanged
--      ddl     - what is left to do with the rights of the caller
-- Tables directly manipulated:
--      insert, update - pgq.capture
-- ----------------------------------------------------------------------
declare
    v_queue_id  integer;
    v_options   jsonb;
    v_capture   record;
    v_form      record;
    v_signature text;
    v_trigger   record;
    v_functions text[];
    v_function  text;
    v_enabled   "char";
    v_settings  text := '';
begin
    -- one at a time: functions, triggers and the row belong together
    lock table pgq.capture in share row exclusive mode;
    select queue_id into v_queue_id from pgq.queue where queue_name = i_queue_name;
    if not found then
        raise exception 'create_capture: queue not found: %', coalesce(i_queue_name, 'NULL')
            using hint = 'Create it with pgq.create_queue.';
    end if;
    if to_regclass(format('pgq.queue_%s_switch_seq', v_queue_id)) is null then
        perform pgq._make_queue_helpers(v_queue_id);
    end if;
    v_options := pgq._capture_options(i_table, i_options);
    v_form := pgq._capture_form(i_table, v_options);
    if v_options->>'form' = 'statement' and v_form.form <> 'statement' then
        raise exception 'create_capture: the statement form is not possible for table %: %', i_table, v_form.reason
            using hint = 'Use form auto or row.';
    end if;
    v_signature := pgq._capture_signature(i_table);
    v_enabled := case v_options->>'enable' when 'replica' then 'R' when 'always' then 'A' else 'O' end;

    select * into v_capture from pgq.capture where capture_queue = v_queue_id and capture_table = i_table;
    if not found then
        insert into pgq.capture (capture_queue, capture_table, capture_options, capture_form, capture_signature, capture_functions)
        values (v_queue_id, i_table, v_options, v_form.form, v_signature, '{}')
        returning * into v_capture;
        result := 'created';
    elsif v_capture.capture_options = v_options and pgq._capture_stale(v_capture.capture_id) is null then
        result := 'unchanged';
    else
        update pgq.capture
           set capture_options = v_options, capture_form = v_form.form, capture_signature = v_signature
         where capture_id = v_capture.capture_id;
        result := 'changed';
    end if;

    select coalesce(array_agg(format('_capture_%s_%s', v_capture.capture_id, t.letter)), '{}')
      into v_functions
      from pgq._capture_triggers(v_queue_id, v_options, v_form.form) t;
    perform pgq._capture_drop(v_capture.capture_id, v_functions);
    update pgq.capture set capture_functions = v_functions where capture_id = v_capture.capture_id;

    -- Values are written as any session reads them, whatever the settings of the one that changes the table. Each call pays
    -- for that: not where the output of no column depends on them (dates and times are those of JSON).
    if exists (
        select from pg_attribute a
          join pg_type t on t.oid = a.atttypid
         where a.attrelid = i_table and a.attnum > 0 and not a.attisdropped and t.typtype <> 'e'
           and not (t.oid < 16384 and t.typtype = 'b' and t.typcategory <> 'A' and t.typname not in ('float4', 'float8', 'interval')))
    then
        v_settings := ' set datestyle = iso set intervalstyle = postgres set extra_float_digits = 1';
    end if;

    ddl := '{}';
    for v_trigger in
        select t.*, g.tgenabled, g.oid is not null as is_there
          from pgq._capture_triggers(v_queue_id, v_options, v_form.form) t
          left join pg_trigger g on g.tgrelid = i_table and g.tgname = t.trigger_name
                                -- the same operations as now wanted, which INSERT 4, DELETE 8, UPDATE 16 tell for the row form
                                and (t.letter <> 'r' or (g.tgtype & 4 > 0, g.tgtype & 8 > 0, g.tgtype & 16 > 0)
                                                      = (t.events ~ '^after.* insert', t.events ~ '^after.* delete', t.events ~ '^after.* update'))
                                and g.tgfoid = to_regproc(format('pgq._capture_%s_%s', v_capture.capture_id, t.letter))
    loop
        v_function := format('pgq._capture_%s_%s()', v_capture.capture_id, v_trigger.letter);
        if result <> 'unchanged' then
            execute format('create or replace function %s returns trigger language plpgsql security %s%s as %L',
                v_function, case when v_form.as_user and v_trigger.letter = 'r' then 'invoker' else 'definer' end, v_settings,
                pgq._capture_body(v_capture.capture_id, v_trigger.letter, v_signature, v_form.as_user and v_trigger.letter = 'r'));
            execute format('revoke all on function %s from public', v_function);
            execute format('grant execute on function %s to pgq_admin', v_function);
        end if;
        if not v_trigger.is_there then
            if exists (select from pg_trigger where tgrelid = i_table and tgname = v_trigger.trigger_name) then
                ddl := ddl || format('drop trigger %I on %s', v_trigger.trigger_name, i_table);
            end if;
            ddl := ddl || format('create trigger %I %s execute function %s', v_trigger.trigger_name,
                                 format(v_trigger.events, i_table), v_function);
        end if;
        if coalesce(v_trigger.tgenabled, 'O') <> v_enabled then
            ddl := ddl || format('alter table %s enable %s trigger %I', i_table,
                                 case v_enabled when 'R' then 'replica' when 'A' then 'always' else '' end, v_trigger.trigger_name);
            result := case result when 'unchanged' then 'changed' else result end;
        end if;
    end loop;
end; $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
