-- Refuses, before anything is changed, a database in which londiste cannot be installed or taken over.
do $guard$
declare
    _me text := current_user;
    _nsp oid := pg_catalog.to_regnamespace('londiste');
    _missing text;
begin
    if pg_catalog.to_regclass('pgq_node.node_info') is null then
        raise exception 'londiste needs schema pgq_node'
            using errcode = 'SK001', hint = 'install pgq_node first';
    end if;

    select pg_catalog.string_agg(pg_catalog.format('create role %I;', r), ' ')
      into _missing
      from pg_catalog.unnest('{londiste_writer,londiste_reader}'::text[]) r
     where pg_catalog.to_regrole(r) is null;
    if _missing is not null
       and not (select r.rolsuper or r.rolcreaterole from pg_catalog.pg_roles r where r.rolname = _me)
    then
        raise exception 'role % may not create roles', _me
            using errcode = 'SK002', hint = 'an administrator runs: ' || _missing;
    end if;

    -- the tables refer to those of pgq_node
    if not pg_catalog.has_table_privilege('pgq_node.node_info', 'REFERENCES') then
        raise exception 'role % may not refer to the tables of schema pgq_node', _me
            using errcode = 'SK002',
                  hint = pg_catalog.format('install as the owner of pgq_node; or an administrator runs: '
                                           'grant references on pgq_node.node_info to %I;', _me);
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
      from pg_catalog.unnest('{table_info,seq_info,applied_execute,pending_fkeys}'::text[]) n
     where pg_catalog.to_regclass('londiste.' || n) is null;
    if _missing is not null
       and (exists (select from pg_catalog.pg_class c where c.relnamespace = _nsp)
            or exists (select from pg_catalog.pg_proc p where p.pronamespace = _nsp))
    then
        raise exception 'schema londiste exists and is not that of SkyTools 3: it has no table %', _missing
            using errcode = 'SK001', hint = 'rename that schema: alter schema londiste rename to ...';
    end if;

    select pg_catalog.string_agg(o.statement, ' ' order by o.statement)
      into _missing
      from (select pg_catalog.format('alter schema londiste owner to %I;', _me) as statement
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
        raise exception 'role % does not own the schema londiste and what is in it', _me
            using errcode = 'SK002', hint = 'an administrator runs: ' || _missing;
    end if;
end $guard$;
