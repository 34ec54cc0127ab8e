-- Refuses, before anything is changed, a database in which pgq_ext cannot be installed or taken over.
do $guard$
declare
    _me text := current_user;
    _nsp oid := pg_catalog.to_regnamespace('pgq_ext');
    _missing text;
begin
    if pg_catalog.to_regrole('pgq_writer') is null
       and not (select r.rolsuper or r.rolcreaterole from pg_catalog.pg_roles r where r.rolname = _me)
    then
        raise exception 'role % may not create the role pgq_writer', _me
            using errcode = 'SK002', hint = 'an administrator runs: create role pgq_writer;';
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
      from pg_catalog.unnest('{completed_tick,completed_batch,completed_event,partial_batch}'::text[]) n
     where pg_catalog.to_regclass('pgq_ext.' || n) is null;
    if _missing is not null
       and (exists (select from pg_catalog.pg_class c where c.relnamespace = _nsp)
            or exists (select from pg_catalog.pg_proc p where p.pronamespace = _nsp))
    then
        raise exception 'schema pgq_ext exists and is not that of PgQ 2.1 or newer: it has no table %', _missing
            using errcode = 'SK001', hint = 'rename that schema: alter schema pgq_ext rename to ...';
    end if;

    select pg_catalog.string_agg(o.statement, ' ' order by o.statement)
      into _missing
      from (select pg_catalog.format('alter schema pgq_ext owner to %I;', _me) as statement
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
        raise exception 'role % does not own the schema pgq_ext and what is in it', _me
            using errcode = 'SK002', hint = 'an administrator runs: ' || _missing;
    end if;
end $guard$;
