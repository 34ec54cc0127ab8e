-- Makes the C extension @schema@, and every SkyTools extension that depends on it, a plain schema: all members are
-- detached, then the empty extensions are dropped. No object is dropped, none changes its oid.
do $detach$
declare
    v_ext       record;
    v_object    record;
begin
    for v_ext in
        with recursive chain (ext, depth) as (
            select e.oid, 0
              from pg_catalog.pg_extension e
             where e.extname = '@schema@'
            union all
            select d.objid, c.depth + 1
              from chain c
              join pg_catalog.pg_depend d
                on d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
               and d.refobjid = c.ext
               and d.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass
               and d.deptype = 'n'
        )
        select e.oid, e.extname, e.extowner
          from chain c
          join pg_catalog.pg_extension e on e.oid = c.ext
         group by e.oid, e.extname, e.extowner
         order by pg_catalog.max(c.depth) desc
    loop
        if v_ext.extname not in ('pgq', 'pgq_node', 'pgq_coop', 'pgq_ext', 'londiste') then
            raise exception 'extension % depends on extension @schema@ and is not part of SkyTools', v_ext.extname
                using errcode = 'SK006',
                      hint = pg_catalog.format('drop extension %I, or detach its members by ALTER EXTENSION', v_ext.extname);
        end if;
        if not pg_catalog.pg_has_role(v_ext.extowner, 'USAGE') then
            raise exception 'extension % belongs to role %', v_ext.extname, v_ext.extowner::pg_catalog.regrole
                using errcode = 'SK002',
                      hint = 'run the installation as that role or as a superuser';
        end if;
        for v_object in
            select i.type, i.identity, d.deptype
              from pg_catalog.pg_depend d,
                   pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
             where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
               and d.refobjid = v_ext.oid
               and d.deptype in ('e', 'x')
        loop
            -- 'x' is ALTER ... DEPENDS ON EXTENSION: such an object would be dropped together with the extension
            if v_object.deptype = 'e' then
                execute pg_catalog.format('alter extension %I drop %s %s', v_ext.extname, v_object.type, v_object.identity);
            else
                execute pg_catalog.format('alter %s %s no depends on extension %I',
                                          v_object.type, v_object.identity, v_ext.extname);
            end if;
        end loop;
        execute pg_catalog.format('drop extension %I restrict', v_ext.extname);
    end loop;
end $detach$;
