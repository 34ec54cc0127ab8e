create or replace function londiste.create_trigger(
    in i_queue_name text,
    in i_table_name text,
    in i_trg_args text[],
    in i_dest_table text,
    in i_node_type text,
    out ret_code int4,
    out ret_note text,
    out trigger_name text)
returns record as $$
-- ----------------------------------------------------------------------
-- Function: londiste.create_trigger(5)
--      Makes what logs the changes of a table into the queue, on root and
--      branch, or what refuses them, on a leaf. What was made before is
--      replaced.
-- Parameters:
--      i_table_name    - name in the set
--      i_trg_args      - no_triggers, virtual_table: do nothing
--                      - capture: by pgq.create_capture, where neither skip nor
--                        tgflags ask for a row trigger, and all other
--                        arguments are known to it; events of truncate carry
--                        the name in the set
--                      - skip: rows do not reach the table
--                      - tgflags=: letters I U D, B before, A after, Q sqltriga,
--                        L logutriga, J jsontriga, S skip
--                      - others are given to the trigger function
--      i_dest_table    - the table's name in this database
--      i_node_type     - root, branch or leaf
-- Returns:
--      200 - done
--      201 - nothing was to do
--      403 - an AFTER trigger never sees rows that a SKIP trigger takes
--      405 - more than one SKIP trigger
-- ----------------------------------------------------------------------
declare
    v_args      text[] := coalesce(i_trg_args, '{}');
    v_rel       regclass;
    v_flags     text := '';
    v_skip      boolean;
    v_capture   boolean := 'capture' = any (coalesce(i_trg_args, '{}'));
    v_extra     text;
    v_capture_options jsonb;
    v_func      text := 'logutriga';
    v_events    text;
    v_name      text := '_londiste_' || i_queue_name;
    v_when      text;
    v_skips     text[];
    v_any_skip  boolean;
    v_more      text[];
    v_quoted    text;
begin
    if 'no_triggers' = any (v_args) or 'virtual_table' = any (v_args) then
        select 201, 'Trigger not created' into ret_code, ret_note;
        return;
    end if;
    if i_node_type = 'leaf' and not exists (select from pg_proc p where londiste.is_replica_func(p.oid)) then
        select 201, 'Trigger not created' into ret_code, ret_note;
        return;
    end if;
    v_rel := londiste.quote_fqname(i_dest_table)::regclass;

    select coalesce(string_agg(upper(substring(a from 9)), ''), '') into v_flags
      from unnest(v_args) a where a like 'tgflags=%';
    v_skip := v_flags like '%S%' or exists (select from unnest(v_args) a where lower(a) = 'skip');
    select coalesce(array_agg(a order by nr), '{}') into v_more
      from unnest(v_args) with ordinality as l(a, nr)
     where a not in ('capture', 'expect_sync', 'skip_truncate', 'merge_all', 'no_merge')
       and a not like 'tgflags=%'
       and lower(a) <> 'skip';

    v_when := case when v_flags like '%A%' or v_flags not like '%B%' then 'after' else 'before' end;
    select array_agg(t.tgname::text) filter (where t.tgname not in (v_name::name, ('zzz_' || v_name)::name)), count(*) > 0
      into v_skips, v_any_skip
      from pg_trigger t
     where t.tgrelid = v_rel
       and not t.tgisinternal
       and position('\x00534b495000'::bytea in t.tgargs) > 0;
    -- our own one is in the way of a capture only until it is replaced
    if v_when = 'after' and (v_skips is not null or v_any_skip and not v_capture) then
        select 403, 'AFTER trigger cannot work with SKIP trigger(s)' into ret_code, ret_note;
        return;
    elsif v_skip and array_length(v_skips, 1) > 1 then
        select 405, 'Multiple SKIP triggers' into ret_code, ret_note;
        return;
    end if;

    -- the older SKIP trigger has to stay the last one, and does the skipping for both
    if v_skip and v_skips is not null then
        if v_skips[1] not like 'zzz\_%' then
            execute format('alter trigger %I on %s rename to %I', v_skips[1], v_rel, 'zzz_' || v_skips[1]);
        end if;
        v_skip := false;
    end if;

    if i_table_name <> i_dest_table and not exists (select from unnest(v_more) a where a like 'ev_extra1=%') then
        v_extra := format('ev_extra1=%L', i_table_name);
        v_more := v_more || v_extra;
    end if;
    v_capture_options := case when v_capture and v_flags = '' and not v_skip and i_node_type <> 'leaf'
                              then londiste._capture_options(v_rel, v_more) end;
    if v_skip then
        v_more := array_append(v_more, 'SKIP');
    end if;
    if i_node_type = 'leaf' then
        v_more := array_append(v_more, 'deny');
    end if;

    perform londiste._drop_trigger(v_rel, case when v_skip then 'zzz_' else '' end || v_name);
    if v_capture then
        perform londiste._drop_trigger(v_rel, case when v_skip then '' else 'zzz_' end || v_name);
    end if;
    if v_capture_options is not null then
        perform pgq.create_capture(i_queue_name, v_rel, v_capture_options);
    else
        if exists (select from pgq.get_capture_info(i_queue_name) c where c.table_name = v_rel::text) then
            perform pgq.drop_capture(i_queue_name, v_rel);
        end if;
        select string_agg(e.word, ' or ' order by e.nr) into v_events
          from (values (1, 'I', 'insert'), (2, 'U', 'update'), (3, 'D', 'delete')) e (nr, letter, word)
         where v_flags like '%' || e.letter || '%' or v_flags !~ '[IUD]';
        v_func := case when v_flags like '%J%' then 'jsontriga' when v_flags like '%L%' or v_flags not like '%Q%' then 'logutriga'
                       else 'sqltriga' end;
        select string_agg(quote_literal(a), ', ' order by nr) into v_quoted
          from unnest(i_queue_name || v_more) with ordinality as l(a, nr);
        execute format('create trigger %I %s %s on %s for each row execute function pgq.%I(%s)',
                       case when v_skip then 'zzz_' else '' end || v_name, v_when, v_events, v_rel, v_func, v_quoted);
    end if;

    -- old programs know no other event of truncate than that of sqltriga
    if v_capture then
        perform londiste._drop_trigger(v_rel, v_name || '_truncate');
    else
        v_extra := null;
    end if;
    if not exists (select from pg_trigger where tgrelid = v_rel and tgname = (v_name || '_truncate')::name) then
        select string_agg(quote_literal(a), ', ' order by nr) into v_quoted
          from unnest(array[i_queue_name, case when i_node_type = 'leaf' then 'deny' end, v_extra]) with ordinality as l(a, nr)
         where a is not null;
        execute format('create trigger %I after truncate on %s for each statement execute function pgq.sqltriga(%s)',
                       v_name || '_truncate', v_rel, v_quoted);
    end if;
    select 200, 'OK' into ret_code, ret_note;
end; $$ language plpgsql set search_path = pg_catalog, pg_temp;
