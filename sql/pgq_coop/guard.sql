-- Refuses, before anything is changed, a database in which pgq_coop cannot be installed or taken over.
do $guard$
declare
    _me text := current_user;
    _nsp oid := pg_catalog.to_regnamespace('pgq_coop');
    _missing text;
begin
    if pg_catalog.to_regclass('pgq.subscription') is null then
        raise exception 'pgq_coop needs schema pgq'
            using errcode = 'SK001', hint = 'install pgq first';
    end if;

    -- the functions work with the rights of their owner
    if not pg_catalog.has_table_privilege(_me, 'pgq.subscription', 'UPDATE')
       or not pg_catalog.has_table_privilege(_me, 'pgq.subscription', 'DELETE')
       or not pg_catalog.has_function_privilege(_me, 'pgq.register_consumer(text, text)', 'EXECUTE')
    then
        raise exception 'role % may not work on the tables of schema pgq', _me
            using errcode = 'SK002',
                  hint = pg_catalog.format('install as the owner of pgq; or an administrator runs: grant pgq_admin to %I;', _me);
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

    select pg_catalog.string_agg(o.statement, ' ' order by o.statement)
      into _missing
      from (select pg_catalog.format('alter schema pgq_coop owner to %I;', _me) as statement
              from pg_catalog.pg_namespace n
             where n.oid = _nsp and not pg_catalog.pg_has_role(n.nspowner, 'USAGE')
            union all
            select pg_catalog.format('alter routine %s owner to %I;', p.oid::pg_catalog.regprocedure, _me)
              from pg_catalog.pg_proc p
             where p.pronamespace = _nsp
               and not pg_catalog.pg_has_role(p.proowner, 'USAGE')) o;
    if _missing is not null then
        raise exception 'role % does not own the schema pgq_coop and what is in it', _me
            using errcode = 'SK002', hint = 'an administrator runs: ' || _missing;
    end if;
end $guard$;
