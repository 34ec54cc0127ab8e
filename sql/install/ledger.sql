-- What was installed. One row a structure step (upgrade/*.sql), and the row 'script' for everything that is replaced
-- at each installation.
do $ledger$
declare
    v_step      text;
begin
    if pg_catalog.to_regnamespace('@schema@') is null then
        create schema @schema@;
    end if;
    if pg_catalog.to_regclass('@schema@.install_step') is null then
        create table @schema@.install_step (
            step_name           text        not null,
            step_breaking       boolean     not null,
            package_version     text        not null,
            script_hash         text,
            catalog_hash        text,
            install_time        timestamptz not null default pg_catalog.now(),
            install_role        text        not null default current_user,
            constraint install_step_pkey primary key (step_name)
        );
        revoke all on table @schema@.install_step from public;
    end if;

    select s.step_name into v_step
      from @schema@.install_step s
     where s.step_breaking and s.step_name <> all (@known_steps@::text[])
     order by s.step_name
     limit 1;
    if found then
        raise exception 'schema @schema@ has step % of a newer skytools, which this version (@version@) does not know', v_step
            using errcode = 'SK003',
                  hint = 'use the version of skytools that made it, or a newer one';
    end if;
end $ledger$;
