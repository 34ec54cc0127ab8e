-- Refuses, before anything is changed, a database in which pgq_node cannot be installed or taken over.
do $guard$
declare
    _me text := current_user;
    _nsp oid := pg_catalog.to_regnamespace('pgq_node');
    _missing text;
begin
    if pg_catalog.to_regclass('pgq.subscription') is null then
        raise exception 'pgq_node needs schema pgq'
            using errcode = 'SK001', hint = 'install pgq first';
    end if;

    -- the functions create and drop queues, and lock their tables, with the rights of their owner
    if not (select pg_catalog.pg_has_role(c.relowner, 'USAGE') from pg_catalog.pg_class c
             where c.oid = 'pgq.queue'::pg_catalog.regclass)
    then
        raise exception 'role % does not own schema pgq', _me
            using errcode = 'SK002',
                  hint = (select pg_catalog.format('install as role %s, or an administrator runs: grant %I to %I;',
                                                   r.rolname, r.rolname, _me)
                            from pg_catalog.pg_class c
                            join pg_catalog.pg_roles r on r.oid = c.relowner
                           where c.oid = 'pgq.queue'::pg_catalog.regclass);
    end if;

    if _nsp is null then
        if not pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') then
            raise exception 'role % may not create a schema in database %', _me, pg_catalog.current_database()
                using errcode = 'SK002',
                      hint = pg_catalog.format('an administrator runs: grant create on database %I to %I;',
                                               pg_catalog.current_database(), _me);
        end if;
        return;
    end if;

    -- an empty schema is as good as none, if it is ours
    select pg_catalog.string_agg(n, ', ')
      into _missing
      from pg_catalog.unnest('{node_location,node_info,local_state,subscriber_info}'::text[]) n
     where pg_catalog.to_regclass('pgq_node.' || n) is null;
    if _missing is not null
       and (exists (select from pg_catalog.pg_class c where c.relnamespace = _nsp)
            or exists (select from pg_catalog.pg_proc p where p.pronamespace = _nsp))
    then
        raise exception 'schema pgq_node exists and is not that of SkyTools 3: it has no table %', _missing
            using errcode = 'SK001', hint = 'rename that schema: alter schema pgq_node rename to ...';
    end if;

    select pg_catalog.string_agg(o.statement, ' ' order by o.statement)
      into _missing
      from (select pg_catalog.format('alter schema pgq_node owner to %I;', _me) as statement
              from pg_catalog.pg_namespace n
             where n.oid = _nsp and not pg_catalog.pg_has_role(n.nspowner, 'USAGE')
            union all
            select pg_catalog.format('alter table %s owner to %I;', c.oid::pg_catalog.regclass, _me)
              from pg_catalog.pg_class c
             where c.relnamespace = _nsp and c.relkind = 'r'
               and not pg_catalog.pg_has_role(c.relowner, 'USAGE')
            union all
            select pg_catalog.format('alter routine %s owner to %I;', p.oid::pg_catalog.regprocedure, _me)
              from pg_catalog.pg_proc p
             where p.pronamespace = _nsp
               and not pg_catalog.pg_has_role(p.proowner, 'USAGE')) o;
    if _missing is not null then
        raise exception 'role % does not own the schema pgq_node and what is in it', _me
            using errcode = 'SK002', hint = 'an administrator runs: ' || _missing;
    end if;
end $guard$;
