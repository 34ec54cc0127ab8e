do $uninstall$
declare
    v_force     boolean := @force@;
    v_object    record;
begin
    if pg_catalog.to_regnamespace('@schema@') is null then
        return;
    end if;
    if '@schema@' = 'pgq' and pg_catalog.to_regclass('pgq.event_template') is null then
        raise exception 'schema pgq is not a PgQ'
            using errcode = 'SK001', hint = 'whoever made it has to drop it';
    end if;
    for v_object in
        select t.tgname, t.tgrelid::pg_catalog.regclass as tgtable
          from pg_catalog.pg_trigger t
          join pg_catalog.pg_proc p on p.oid = t.tgfoid
          join pg_catalog.pg_class c on c.oid = t.tgrelid
         where p.pronamespace = pg_catalog.to_regnamespace('@schema@')
           and c.relnamespace <> p.pronamespace and not t.tgisinternal and t.tgparentid = 0
    loop
        if not v_force then
            raise exception 'schema @schema@ is in use by trigger % on %', v_object.tgname, v_object.tgtable
                using errcode = 'SK006', hint = 'drop the trigger first, or uninstall with force';
        end if;
        execute pg_catalog.format('drop trigger %I on %s', v_object.tgname, v_object.tgtable);
    end loop;
    if pg_catalog.to_regclass('@schema@.queue') is not null and not v_force then
        for v_object in execute 'select queue_name from @schema@.queue limit 1' loop
            raise exception 'schema @schema@ is in use by queue %', v_object.queue_name
                using errcode = 'SK006', hint = 'drop the queues first, or uninstall with force';
        end loop;
    end if;
    for v_object in
        select pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) as what
          from pg_catalog.pg_depend d,
               pg_catalog.pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) r,
               pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
         where d.refclassid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
                                'pg_catalog.pg_type'::pg_catalog.regclass)
           and d.deptype = 'n' and r.schema = '@schema@'
           and coalesce(i.schema, pg_catalog.split_part(pg_catalog.substring(i.identity, ' on (.*)$'), '.', 1)) <> '@schema@'
    loop
        if not v_force then
            raise exception 'schema @schema@ is in use by %', v_object.what
                using errcode = 'SK006', hint = 'drop that first, or uninstall with force';
        end if;
    end loop;
    for v_object in
        select e.extname from pg_catalog.pg_extension e where e.extname = '@schema@'
    loop
        execute pg_catalog.format('drop extension %I', v_object.extname);
    end loop;
    -- cascade reaches the event tables and generated functions inside; what is outside has been looked at above
    drop schema if exists @schema@ cascade;
end $uninstall$;
