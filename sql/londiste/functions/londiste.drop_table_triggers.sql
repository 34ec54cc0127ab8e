create or replace function londiste.drop_table_triggers(i_queue_name text, i_table_name text)
returns void as $$
-- ----------------------------------------------------------------------
-- Function: londiste.drop_table_triggers(2)
--      Drops everything that logs changes of a table of the set into its
--      queue, or refuses them.
-- Parameters:
--      i_table_name    - name in the set; the triggers are those of the
--                        table that is registered for it
--      Triggers of users that were held for replay fire again.
-- Calls:
--      pgq.drop_capture, londiste.restore_triggers
-- ----------------------------------------------------------------------
declare
    v_dest  text;
    v_oid   oid;
    v_name  text;
begin
    select coalesce(t.dest_table, t.table_name) into v_dest
      from londiste.table_info t
     where t.queue_name = i_queue_name
       and t.table_name = i_table_name;
    v_oid := londiste._find_any_table(v_dest);
    if v_oid is null then
        return;
    end if;
    perform londiste.restore_triggers(v_dest);

    for v_name in
        select t.tgname from pg_trigger t
         where t.tgrelid = v_oid
           and not t.tgisinternal
           and t.tgparentid = 0
           and londiste.is_replica_func(t.tgfoid)
           and londiste._first_argument(t.tgargs) = convert_to(i_queue_name, getdatabaseencoding())
         order by t.tgname
    loop
        execute format('drop trigger %I on %s', v_name, v_oid::regclass);
    end loop;
    if exists (select from pgq.get_capture_info(i_queue_name) c where c.table_name = v_oid::regclass::text) then
        perform pgq.drop_capture(i_queue_name, v_oid);
    end if;
end; $$ language plpgsql strict set search_path = pg_catalog, pg_temp;
