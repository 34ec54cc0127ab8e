-- Refuses, before anything is changed, a database in which PgQ cannot be installed or taken over.
do $guard$
declare
    v_me        text := current_user;
    v_nsp       oid := pg_catalog.to_regnamespace('pgq');
    v_missing   text;
    v_version   text;
    v_half      text;
begin
    if pg_catalog.current_setting('server_version_num')::integer < 140000 then
        raise exception 'PostgreSQL % is too old for skytools', pg_catalog.current_setting('server_version')
            using errcode = 'SK004', hint = 'use PostgreSQL 14 or newer';
    end if;

    -- roles
    select pg_catalog.string_agg(pg_catalog.format('create role %I;', r), ' ')
      into v_missing
      from pg_catalog.unnest('{pgq_reader,pgq_writer,pgq_admin}'::text[]) r
     where pg_catalog.to_regrole(r) is null;
    if v_missing is null then
        select pg_catalog.string_agg(pg_catalog.format('grant %I to pgq_admin;', r), ' ')
          into v_missing
          from pg_catalog.unnest('{pgq_reader,pgq_writer}'::text[]) r
         where not exists (select from pg_catalog.pg_auth_members m
                            where m.roleid = pg_catalog.to_regrole(r)
                              and m.member = pg_catalog.to_regrole('pgq_admin'));
    else
        v_missing := v_missing || ' grant pgq_reader, pgq_writer to pgq_admin;';
    end if;
    if v_missing is not null
       and not (select r.rolsuper or r.rolcreaterole from pg_catalog.pg_roles r where r.rolname = v_me)
    then
        raise exception 'role % may not create the roles pgq_reader, pgq_writer and pgq_admin', v_me
            using errcode = 'SK002', hint = 'an administrator runs: ' || v_missing;
    end if;

    if v_nsp is null then
        if not pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') then
            raise exception 'role % may not create a schema in database %', v_me, pg_catalog.current_database()
                using errcode = 'SK002',
                      hint = pg_catalog.format('an administrator runs: grant create on database %I to %I;',
                                               pg_catalog.current_database(), v_me);
        end if;
        return;
    end if;

    -- what is in the schema
    if not exists (select from pg_catalog.pg_class c where c.relnamespace = v_nsp)
       and not exists (select from pg_catalog.pg_proc p where p.pronamespace = v_nsp)
    then
        null;   -- empty: as good as none, if it is ours
    else
        select pg_catalog.string_agg(n, ', ')
          into v_missing
          from pg_catalog.unnest('{queue,consumer,subscription,tick,event_template,retry_queue}'::text[]) n
         where pg_catalog.to_regclass('pgq.' || n) is null;
        if v_missing is not null then
            raise exception 'schema pgq exists and is not a PgQ: it has no table %', v_missing
                using errcode = 'SK001', hint = 'rename that schema: alter schema pgq rename to ...';
        end if;

        select pg_catalog.string_agg(n, ', ')
          into v_missing
          from pg_catalog.unnest('{queue.queue_ticker_paused,queue.queue_disable_insert,queue.queue_per_tx_limit,queue.queue_data_pfx,tick.tick_event_seq,retry_queue.ev_queue,subscription.sub_next_tick}'::text[]) n
         where not exists (select from pg_catalog.pg_attribute a
                            where a.attrelid = pg_catalog.to_regclass('pgq.' || pg_catalog.split_part(n, '.', 1))
                              and a.attname = pg_catalog.split_part(n, '.', 2)
                              and a.attnum > 0 and not a.attisdropped);
        select pg_catalog.substring(p.prosrc, '''([0-9]+[.][0-9]+[0-9.]*)''')
          into v_version
          from pg_catalog.pg_proc p
         where p.oid = pg_catalog.to_regprocedure('pgq.version()');
        if v_missing is not null
           or (pg_catalog.split_part(v_version, '.', 1)::integer, pg_catalog.split_part(v_version, '.', 2)::integer) < (3, 2)
        then
            raise exception 'the PgQ in this database (%) is older than 3.2 and cannot be taken over',
                            coalesce(v_version, 'unknown version')
                using errcode = 'SK001',
                      hint = 'bring it to 3.2 or newer with its own upgrade scripts first';
        end if;
    end if;

    -- ownership, without which nothing can be replaced
    select pg_catalog.string_agg(o.statement, ' ' order by o.statement)
      into v_missing
      from (select pg_catalog.format('alter schema pgq owner to %I;', v_me) as statement
              from pg_catalog.pg_namespace n
             where n.oid = v_nsp and not pg_catalog.pg_has_role(n.nspowner, 'USAGE')
            union all
            select pg_catalog.format('alter %s %s owner to %I;',
                                     case c.relkind when 'S' then 'sequence' else 'table' end,
                                     c.oid::pg_catalog.regclass, v_me)
              from pg_catalog.pg_class c
             where c.relnamespace = v_nsp and c.relkind in ('r', 'p', 'S')
               and not pg_catalog.pg_has_role(c.relowner, 'USAGE')
               -- a serial column's sequence goes with its table
               and not exists (select from pg_catalog.pg_depend d
                                where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                  and d.objid = c.oid and d.deptype in ('a', 'i'))
            union all
            select pg_catalog.format('alter routine %s owner to %I;', p.oid::pg_catalog.regprocedure, v_me)
              from pg_catalog.pg_proc p
             where p.pronamespace = v_nsp
               and not pg_catalog.pg_has_role(p.proowner, 'USAGE')) o;
    if v_missing is not null then
        raise exception 'role % does not own the schema pgq and what is in it', v_me
            using errcode = 'SK002', hint = 'an administrator runs: ' || v_missing;
    end if;

    -- Between the two steps of a rotation the old step 2 could still be on its way; the new one also keeps a sequence
    -- up to date that producers rely on. While the table is locked, rotation waits before it takes its first lock (a
    -- weaker mode would let it lock the row and then wait for us, while we wait for the row), and ticks wait too;
    -- producers only read the table and go on.
    if pg_catalog.to_regclass('pgq.queue') is not null then
        lock table pgq.queue in exclusive mode;
        select q.queue_name into v_half from pgq.queue q where q.queue_switch_step2 is null limit 1;
        if found and not exists (select from pg_catalog.pg_class c
                                  where c.relnamespace = v_nsp and c.relname ~ '^queue_[0-9]+_switch_seq$')
        then
            raise exception 'queue % is between the two steps of a rotation', v_half
                using errcode = 'SK005',
                      hint = 'run select pgq.maint_rotate_tables_step2(); and then the installation again';
        end if;
    end if;
end $guard$;
